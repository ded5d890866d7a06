#include "routing/control_plane_call.h"

#include "base/try.h"
#include "routing/learn.h"
#include "routing/peek.h"
#include "routing/session_end.h"

namespace wye::routing {

Result<ResponseStream> ControlPlaneCall::send(const Request& request, const SplitUrl& url, RouteInfo info,
                                              const Limits& limits) const {
  const auto below = path_below(base_, url).value_or("");
  const auto ending = session_ended_by(request, below);
  const auto route_before = ending.empty() ? nullptr : cache_.find(ending);
  const auto begun = cache_.begin();
  auto headers = without_host(request.headers);
  for (const auto& field : default_headers_)
    if (header(headers, field.first).empty()) headers.push_back(field);
  // Once a request has left for another origin, it never carries the key again.
  const auto dress = [&](SplitUrl& target, HeaderFields& fields, bool left) {
    left ? holder_.strip(fields) : holder_.attach(target, fields);
  };
  WYE_TRY(auto arrived, send_following(http_, request, url, headers, dress, {}, limits));
  auto& response = arrived.response;
  const bool success = response->status >= 200 && response->status < 300;
  if (success && route_before) cache_.forget(*route_before);
  const bool teaches = success && !arrived.left_origin && is_learning_path(below) &&
                       is_json_type(header(response->headers, "Content-Type"));
  if (!teaches) return hand_on(std::move(response), info);
  auto peeked = peek(*response, kMaxLearnedBytes, limits.deadline);
  if (peeked.whole) learn_from(peeked.bytes, begun, cache_);
  response->set_body_deadline(limits.body_deadline);
  return hand_on(std::move(response), std::move(peeked), info);
}

Result<ResponseStream> ControlPlaneCall::send_elsewhere(const Request& request, const SplitUrl& url,
                                                        const Limits& limits) const {
  const auto dress = [&](SplitUrl&, HeaderFields& fields, bool) { holder_.strip(fields); };
  WYE_TRY(auto arrived,
          send_following(http_, request, url, without_host(request.headers), dress, {}, limits));
  return hand_on(std::move(arrived.response),
                 {.via = Via::elsewhere, .reason = RouteReason::not_control_plane});
}

}  // namespace wye::routing
