#include "routing/direct_call.h"

#include "base/try.h"
#include "routing/query.h"
#include "wire/vm_calls.h"

namespace wye::routing {
namespace {

// Splits a route's base URL, which was normalised when it was learned.
SplitUrl split_base(const Route& route) {
  const auto path_at = route.base_url.find('/', route.base_url.find("://") + 3);
  if (path_at == std::string::npos) return {.origin = route.base_url};
  return {.origin = route.base_url.substr(0, path_at), .path = route.base_url.substr(path_at)};
}

}  // namespace

bool is_raw_fetch(std::string_view method, const BrowserPath& path) {
  const auto* call = wire::vm_calls().find(method, path.plain_tail()).call;
  return call != nullptr && call->raw;
}

SplitUrl direct_url(const Route& route, std::string_view tail, std::string_view query) {
  auto out = split_base(route);
  (out.path += '/') += tail;
  out.query = with_jwt(query, route.jwt);
  return out;
}

Result<std::unique_ptr<net::WireResponse>> DirectCall::send_to(const Request& request, SplitUrl target,
                                                               HeaderFields headers, const Route& route,
                                                               SendRules rules, const Limits& limits) const {
  holder_.strip(headers);
  const BaseUrl own{.origin = target.origin, .path = split_base(route).path};
  // A redirect within the VM's origin lacks the token that the metro asks for.
  const auto dress = [&](SplitUrl& url, HeaderFields&, bool) {
    const SplitUrl resolved{.origin = url.origin, .path = resolved_path(url.path)};
    if (path_below(own, resolved) && !has_jwt(url.query)) url.query = with_jwt(url.query, route.jwt);
  };
  WYE_TRY(auto arrived, send_following(http_, request, std::move(target), headers, dress, rules, limits));
  return std::move(arrived.response);
}

Result<std::unique_ptr<net::WireResponse>> DirectCall::send(const Request& request, const SplitUrl& url,
                                                            const Route& route, const BrowserPath& path,
                                                            const Limits& limits) const {
  auto headers = for_the_vm(request.headers);
  if (is_raw_fetch(request.method, path))
    return send_raw(request, std::move(headers), route, url.query, limits);
  for (const auto& field : default_headers_)
    if (header(headers, field.first).empty()) headers.push_back(field);
  return send_to(request, direct_url(route, path.tail, url.query), std::move(headers), route,
                 {.stay_in_origin = true}, limits);
}

Result<std::unique_ptr<net::WireResponse>> DirectCall::fetch(const Request& request, const Route& route,
                                                             std::string_view query,
                                                             const Limits& limits) const {
  return send_raw(request, without_host(request.headers), route, query, limits);
}

Result<std::unique_ptr<net::WireResponse>> DirectCall::send_raw(const Request& request, HeaderFields headers,
                                                                const Route& route, std::string_view query,
                                                                const Limits& limits) const {
  return send_to(request, direct_url(route, wire::kRawFetch, query), std::move(headers), route,
                 {.decode = false, .follow = false}, limits);
}

}  // namespace wye::routing
