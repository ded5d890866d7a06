#include "routing/routed_transport.h"

#include "base/encoding.h"
#include "base/try.h"
#include "routing/fallback.h"
#include "routing/peek.h"
#include "routing/query.h"
#include "wire/vm_calls.h"

namespace wye::routing {
namespace {

// Returns the original URL without any `jwt`. A request by name continues with the route's id: the name may
// be another browser's by now.
SplitUrl original_url(const SplitUrl& url, const Decision& decision) {
  SplitUrl out{.origin = url.origin, .path = url.path, .query = without_jwt(url.query)};
  const auto id = decision.path.id;
  if (percent_decode(id) == decision.route->session_id) return out;
  const auto id_at = static_cast<std::size_t>(id.data() - url.path.data());
  out.path.replace(id_at, id.size(), percent_encode(decision.route->session_id));
  return out;
}

}  // namespace

RoutedTransport::RoutedTransport(TransportOptions options, RouteCache& cache, net::HttpClient& http,
                                 const Log& log)
    : options_(std::move(options)),
      cache_(cache),
      log_(log),
      holder_(options_.base, options_.api_key, cache),
      direct_call_(http, holder_, options_.default_headers),
      control_plane_call_(http, options_.base, holder_, cache, options_.default_headers) {}

Result<ResponseStream> RoutedTransport::attempt(const Request& request, const Limits& limits) const {
  WYE_TRY(const auto url, request_url(options_.base, request.path));
  const auto decision = decide(options_.base, url, options_.allow, cache_);
  if (log_.enabled(LogLevel::debug))
    log_.debug("request",
               {{"method", request.method}, {"path", url.path}, {"reason", to_string(decision.reason)}});
  switch (decision.via) {
    case Via::direct:
      return direct(request, url, decision, limits);
    case Via::elsewhere:
      return control_plane_call_.send_elsewhere(request, url, limits);
    case Via::control_plane:
    case Via::none:
      break;
  }
  return control_plane_call_.send(request, url, {.via = Via::control_plane, .reason = decision.reason},
                                  limits);
}

Result<ResponseStream> RoutedTransport::direct(const Request& request, const SplitUrl& url,
                                               const Decision& decision, const Limits& limits) const {
  const auto& route = *decision.route;
  const auto tail = decision.path.plain_tail();
  const RouteInfo info{.via = Via::direct, .reason = decision.reason};
  WYE_TRY(auto response, direct_call_.send(request, url, route, decision.path, limits));
  const int status = response->status;
  if ((status == 401 || status == 403) && !routing::is_raw_fetch(request.method, decision.path)) {
    if (status == 401 || options_.refresh_stale_routes) cache_.forget(route);
    if (options_.refresh_stale_routes && !request.body_stream) {
      response.reset();
      return at_control_plane(request, url, decision,
                              {.via = Via::control_plane, .reason = RouteReason::stale_route}, limits);
    }
  }
  if (!may_fall_back(request.method, tail, status)) return hand_on(std::move(response), info);
  auto peeked = peek(*response, kMaxGoneBody, limits.deadline);
  if (peeked.whole && says_browser_gone(peeked.bytes)) {
    cache_.forget(route);
    response.reset();
    return at_control_plane(
        request, url, decision,
        {.via = Via::control_plane, .reason = RouteReason::browser_gone, .fell_back = true}, limits);
  }
  response->set_body_deadline(limits.body_deadline);
  return hand_on(std::move(response), std::move(peeked), info);
}

Result<ResponseStream> RoutedTransport::at_control_plane(const Request& request, const SplitUrl& url,
                                                         const Decision& decision, RouteInfo info,
                                                         const Limits& limits) const {
  log_.info("asking the control plane instead", {{"session", decision.route->session_id},
                                                 {"tail", decision.path.plain_tail()},
                                                 {"reason", to_string(info.reason)}});
  return control_plane_call_.send(request, original_url(url, decision), info, limits);
}

Result<ResponseStream> RoutedTransport::fetch(const std::string& id_or_name, const Request& request,
                                              std::string_view query, const Limits& limits) const {
  const auto route = cache_.find(id_or_name);
  if (!route)
    return Error{.kind = ErrorKind::invalid,
                 .code = "no_route",
                 .message = "no route to the VM of this browser is known; retrieve the browser first"};
  WYE_TRY(auto response, direct_call_.fetch(request, *route, query, limits));
  return hand_on(std::move(response), {.via = Via::direct, .reason = RouteReason::direct});
}

const wire::VmCall* RoutedTransport::vm_call_of(const Request& request) const {
  const auto url = request_url(options_.base, request.path);
  const auto below = url ? path_below(options_.base, *url) : std::nullopt;
  const auto path = below ? browser_path(*below) : std::nullopt;
  return path ? wire::vm_calls().find(request.method, path->plain_tail()).call : nullptr;
}

}  // namespace wye::routing
