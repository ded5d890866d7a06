#include "routing/redirects.h"

#include "base/encoding.h"
#include "base/try.h"

namespace wye::routing {
namespace {

constexpr int kMaxRedirects = 10;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

void drop_credentials(HeaderFields& headers) {
  std::erase_if(headers, [](const auto& field) {
    return iequals(field.first, "authorization") || iequals(field.first, "cookie") ||
           iequals(field.first, "proxy-authorization");
  });
}

void drop_body_headers(HeaderFields& headers) {
  std::erase_if(headers, [](const auto& field) {
    return iequals(field.first, "content-type") || iequals(field.first, "content-length") ||
           iequals(field.first, "transfer-encoding") || iequals(field.first, "content-encoding");
  });
}

}  // namespace

Result<Arrived> send_following(net::HttpClient& http, const Request& request, SplitUrl url,
                               const HeaderFields& headers, const Dress& dress, SendRules rules,
                               const Limits& limits) {
  const auto first_origin = url.origin;
  HeaderFields kept = headers;
  std::string method = request.method;
  bool with_body = true, left_origin = false;
  for (int hop = 0;; ++hop) {
    auto target = url;
    auto fields = kept;
    dress(target, fields, left_origin);
    net::WireRequest wire{
        .method = method, .url = target.text(), .headers = std::move(fields), .decode = rules.decode};
    if (with_body) {
      wire.body = request.body;
      wire.body_stream = request.body_stream;
    }
    wire.deadline = limits.deadline;
    wire.body_deadline = limits.body_deadline;
    wire.stop = limits.stop;
    WYE_TRY(auto response, http.send(wire));
    const int status = response->status;
    const auto location = header(response->headers, "Location");
    if (!rules.follow || !is_redirect(status) || location.empty() || hop == kMaxRedirects)
      return Arrived{std::move(response), left_origin};
    const bool becomes_get = (status == 303 && method != "HEAD") || (status <= 302 && method == "POST");
    if (!becomes_get && with_body && request.body_stream) return Arrived{std::move(response), left_origin};
    auto next = resolve_location(url, location);
    if (!next) return Arrived{std::move(response), left_origin};
    if (next->origin != first_origin) {
      if (rules.stay_in_origin) return Arrived{std::move(response), left_origin};
      left_origin = true;
      drop_credentials(kept);
    }
    if (becomes_get) {
      method = "GET";
      with_body = false;
      drop_body_headers(kept);
    }
    url = std::move(*next);
  }
}

}  // namespace wye::routing
