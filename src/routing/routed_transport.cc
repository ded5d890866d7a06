#include "routing/routed_transport.h"

#include <array>
#include <cstring>

#include "base/encoding.h"
#include "base/try.h"
#include "routing/fallback.h"
#include "routing/learn.h"
#include "routing/rewrite.h"
#include "wire/json_codec.h"

namespace wye::routing {
namespace {

constexpr int kMaxRedirects = 10;
constexpr std::size_t kMaxLearnedBody = 16u << 20;  // a larger list of browsers is handed on unread

// What was read ahead, then the rest of the answer, then the error that cut it, if one did.
class Prefixed final : public ResponseStream::Source {
 public:
  Prefixed(std::string prefix, std::unique_ptr<net::WireResponse> rest, std::optional<Error> failed)
      : prefix_(std::move(prefix)), rest_(std::move(rest)), failed_(std::move(failed)) {}
  Result<std::size_t> read(std::span<char> out) override {
    if (at_ < prefix_.size()) {
      const auto size = std::min(out.size(), prefix_.size() - at_);
      std::memcpy(out.data(), prefix_.data() + at_, size);
      at_ += size;
      return size;
    }
    if (failed_) return *failed_;
    return rest_->read(out);
  }

 private:
  std::string prefix_;
  std::size_t at_ = 0;
  std::unique_ptr<net::WireResponse> rest_;
  std::optional<Error> failed_;
};

// Reads until the end or until more than `limit` bytes are there; true = the whole body.
bool read_ahead(net::WireResponse& response, std::size_t limit, std::string& out,
                std::optional<Error>& failed) {
  std::array<char, 16 * 1024> piece;
  while (out.size() <= limit) {
    const auto got = response.read(piece);
    if (!got) {
      failed = got.error();
      return false;
    }
    if (*got == 0) return true;
    out.append(piece.data(), *got);
  }
  return false;
}

ResponseStream handed_on(std::unique_ptr<net::WireResponse> response, RouteInfo info) {
  const int status = response->status;
  auto headers = std::move(response->headers);
  return {status, std::move(headers), std::move(info), std::move(response)};
}

std::string released_session(const Request& request) {
  const auto parsed = wire::parse_json(request.body);
  const auto* id = parsed && parsed->is_object() ? parsed->get_object().if_contains("session_id") : nullptr;
  return id != nullptr && id->is_string() ? std::string(id->get_string()) : std::string();
}

// The session whose route a 2xx answer to this request ends: `DELETE browsers/{x}`, `POST
// browser_pools/{x}/release`.
std::string ended_by(const Request& request, std::string_view below) {
  if (request.method == "DELETE" && is_learning_path(below)) {
    while (below.ends_with('/')) below.remove_suffix(1);
    const auto last = below.substr(below.rfind('/') + 1);
    if (last != "browsers" && below.find("browser_pools") == std::string_view::npos)
      return percent_decode(last).value_or("");
  }
  if (request.method == "POST" && below.find("/browser_pools/") != std::string_view::npos &&
      (below.ends_with("/release") || below.ends_with("/release/")))
    return released_session(request);
  return {};
}

}  // namespace

RoutedTransport::RoutedTransport(TransportOptions options, std::shared_ptr<RouteCache> cache,
                                 std::shared_ptr<net::HttpClient> http, const Log& log)
    : options_(std::move(options)), cache_(std::move(cache)), http_(std::move(http)), log_(log) {}

std::string RoutedTransport::url_of(const Request& request) const {
  if (request.path.starts_with("http://") || request.path.starts_with("https://")) return request.path;
  return options_.base.origin + options_.base.path + (request.path.starts_with('/') ? "" : "/") +
         request.path;
}

HeaderFields RoutedTransport::with_defaults(HeaderFields headers) const {
  for (const auto& field : options_.default_headers)
    if (header(headers, field.first).empty()) headers.push_back(field);
  return headers;
}

bool RoutedTransport::may_carry_key(const std::string& url) const {
  const auto split = split_url(url);
  return split && path_below(options_.base, *split) && !cache_->is_below_a_route(split->origin + split->path);
}

Result<std::unique_ptr<net::WireResponse>> RoutedTransport::follow(const Request& request, std::string url,
                                                                   HeaderFields headers, bool with_key,
                                                                   bool stay_in_origin,
                                                                   const Limits& limits) {
  std::string method = request.method;
  bool with_body = true;
  WYE_TRY(auto here, split_url(url));
  for (int hop = 0;; ++hop) {
    auto fields = headers;
    if (with_key && !options_.api_key.empty() && may_carry_key(url))
      fields.emplace_back("Authorization", "Bearer " + options_.api_key);
    const net::WireRequest wire{
        .method = method,
        .url = url,
        .headers = std::move(fields),
        .body = with_body ? &request.body : nullptr,
        .body_stream = with_body && request.body_stream ? &request.body_stream : nullptr,
        .deadline = limits.deadline,
        .body_deadline = limits.body_deadline,
        .stop = limits.stop};
    WYE_TRY(auto response, http_->send(wire));
    const auto location = header(response->headers, "Location");
    const int status = response->status;
    const bool redirects = status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    if (!redirects || location.empty() || hop == kMaxRedirects) return response;
    if (request.body_stream && status >= 307) return response;  // the body is gone
    std::string next(location);
    if (next.starts_with('/') && !next.starts_with("//")) next = here.origin + next;
    const auto there = split_url(next);
    if (!there) return response;
    const bool leaves = there->origin != here.origin;
    if (leaves && stay_in_origin) return response;
    if (leaves) headers = without_authorization(headers);
    if (status == 303 || (status <= 302 && method == "POST")) {
      if (method != "HEAD") method = "GET";
      with_body = false;
    }
    here = *there;
    url = std::move(next);
  }
}

Result<ResponseStream> RoutedTransport::elsewhere(const Request& request, const std::string& url,
                                                  const Limits& limits) {
  WYE_TRY(auto response, follow(request, url, without_authorization(request.headers), false, false, limits));
  return handed_on(std::move(response), {"elsewhere", "not_control_plane", false});
}

Result<ResponseStream> RoutedTransport::control_plane(const Request& request, const std::string& url,
                                                      RouteInfo info, const Limits& limits) {
  const auto begun = cache_->begin();
  WYE_TRY(const auto split, split_url(url));
  const auto below = path_below(options_.base, split).value_or("");
  const auto ending = ended_by(request, below);
  const auto route_before = ending.empty() ? std::nullopt : cache_->find(ending);
  WYE_TRY(auto response,
          follow(request, url, with_defaults(without_authorization(request.headers)), true, false, limits));
  const bool success = response->status >= 200 && response->status < 300;
  if (success && route_before) cache_->forget(*route_before);
  if (!success || !is_learning_path(below) || !is_json_type(header(response->headers, "Content-Type")))
    return handed_on(std::move(response), std::move(info));
  std::string body;
  std::optional<Error> failed;
  if (read_ahead(*response, kMaxLearnedBody, body, failed)) learn_from(body, begun, *cache_);
  const int status = response->status;
  auto headers = std::move(response->headers);
  return ResponseStream(status, std::move(headers), std::move(info),
                        std::make_unique<Prefixed>(std::move(body), std::move(response), std::move(failed)));
}

// The original URL without `jwt`; a name is replaced by the session's id, since it may be another browser's
// by now.
std::string RoutedTransport::fallback_url(const SplitUrl& url, const Decision& decision) const {
  const auto below = *path_below(options_.base, url);
  const auto path = *browser_path(below);
  const auto id_at = static_cast<std::size_t>(path.id.data() - url.path.data());
  const bool by_id = percent_decode(path.id).value_or("") == decision.route->session_id;
  const std::string id = by_id ? std::string(path.id) : percent_encode(decision.route->session_id);
  const auto query = without_jwt(url.query);
  return url.origin + url.path.substr(0, id_at) + id + url.path.substr(id_at + path.id.size()) +
         (query.empty() ? "" : "?" + query);
}

Result<ResponseStream> RoutedTransport::direct(const Request& request, const SplitUrl& url,
                                               const Decision& decision, const Limits& limits) {
  const auto& route = *decision.route;
  WYE_TRY(auto response, follow(request, direct_url(route, decision.tail, url.query),
                                with_defaults(without_authorization(request.headers)), false, true, limits));
  const int status = response->status;
  const RouteInfo info{"direct", std::string(decision.reason), false};
  const bool is_raw = decision.tail == "curl/raw";
  if (status == 401 && !is_raw) cache_->forget(route);
  if (options_.refresh_stale_routes && (status == 401 || status == 403) && !is_raw) {
    cache_->forget(route);
    if (!request.body_stream) {
      response.reset();
      return control_plane(request, fallback_url(url, decision), {"control_plane", "stale_route", false},
                           limits);
    }
  }
  if (status != 404 || request.method != "GET" || !is_fallback_eligible(decision.tail))
    return handed_on(std::move(response), info);
  std::string body;
  std::optional<Error> failed;
  const bool whole = read_ahead(*response, kMaxGoneBody, body, failed);
  if (whole && body.size() <= kMaxGoneBody && says_browser_gone(body)) {
    cache_->forget(route);
    response.reset();
    log_.info("fallback",
              {{"session", route.session_id}, {"tail", decision.tail}, {"reason", "browser_gone"}});
    return control_plane(request, fallback_url(url, decision), {"control_plane", "browser_gone", true},
                         limits);
  }
  auto headers = std::move(response->headers);
  return ResponseStream(status, std::move(headers), info,
                        std::make_unique<Prefixed>(std::move(body), std::move(response), std::move(failed)));
}

Result<ResponseStream> RoutedTransport::attempt(const Request& request, const Limits& limits) {
  const auto url = url_of(request);
  WYE_TRY(const auto split, split_url(url));
  const auto decision = decide(options_.base, split, options_.allow, *cache_);
  log_.debug("request", {{"method", request.method}, {"path", split.path}, {"reason", decision.reason}});
  switch (decision.way) {
    case Way::direct:
      return direct(request, split, decision, limits);
    case Way::elsewhere:
      return elsewhere(request, url, limits);
    case Way::control_plane:
      break;
  }
  return control_plane(request, url, {"control_plane", std::string(decision.reason), false}, limits);
}

Result<ResponseStream> RoutedTransport::raw_fetch(const Route& route, const std::string& url,
                                                  const Request& request, const Limits& limits) {
  const auto target = direct_url(route, "curl/raw", "url=" + percent_encode(url));
  const net::WireRequest wire{.method = request.method,
                              .url = target,
                              .headers = request.headers,
                              .body = &request.body,
                              .body_stream = request.body_stream ? &request.body_stream : nullptr,
                              .deadline = limits.deadline,
                              .body_deadline = limits.body_deadline,
                              .stop = limits.stop};
  WYE_TRY(auto response, http_->send(wire));
  return handed_on(std::move(response), {"direct", "direct", false});
}

}  // namespace wye::routing
