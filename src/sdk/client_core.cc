#include "sdk/client_core.h"

#include <array>
#include <condition_variable>
#include <cstdlib>

#include "base/redact.h"
#include "base/try.h"
#include "routing/fallback.h"
#include "sdk/retry.h"
#include "wire/describe.h"
#include "wire/http_status.h"

namespace wye {
namespace {

constexpr std::size_t kMaxWholeBody = 256u << 20;
constexpr std::size_t kMaxErrorText = 2048;

std::optional<std::string> from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

}  // namespace

bool is_fallback_eligible(std::string_view tail) { return routing::is_fallback_eligible(tail); }

ClientCore::ClientCore(ClientOptions options)
    : options_(std::move(options)),
      log_(parse_log_level(options_.log ? *options_.log : from_environment("KERNEL_LOG").value_or("off"),
                           LogLevel::off)),
      cache_(std::make_shared<routing::RouteCache>(clock_, options_.route_cache_size)) {
  if (!options_.api_key) options_.api_key = from_environment("KERNEL_API_KEY").value_or("");
  if (!options_.base_url)
    options_.base_url = from_environment("KERNEL_BASE_URL").value_or("http://127.0.0.1:7711");
  const auto allow =
      options_.routing_subresources
          ? routing::clean_allow_list(*options_.routing_subresources)
          : routing::allow_list_from_environment(std::getenv("KERNEL_BROWSER_ROUTING_SUBRESOURCES"));
  auto base = routing::parse_base_url(*options_.base_url).value();
  HeaderFields defaults{{"Accept", "application/json"}, {"User-Agent", "wye-cpp/0.1"}};
  transport_ = std::make_unique<routing::RoutedTransport>(
      routing::TransportOptions{std::move(base), *options_.api_key, allow, options_.refresh_stale_routes,
                                std::move(defaults)},
      cache_, std::make_shared<net::HttpClient>(), log_);
}

routing::RoutedTransport::Limits ClientCore::limits(const CallOptions& call, bool stream) const {
  const auto deadline = std::chrono::steady_clock::now() + call.timeout.value_or(options_.timeout);
  routing::RoutedTransport::Limits out{.deadline = deadline, .stop = call.stop};
  if (!stream) out.body_deadline = deadline;
  return out;
}

Result<void> ClientCore::pause(std::chrono::milliseconds time,
                               const routing::RoutedTransport::Limits& limits) {
  const auto until = std::chrono::steady_clock::now() + time;
  if (until >= limits.deadline)
    return Error{.kind = ErrorKind::timed_out,
                 .code = "timed_out",
                 .message = "the deadline does not leave time for another attempt"};
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_until(lock, limits.stop, until, [] { return false; });
  if (limits.stop.stop_requested())
    return Error{.kind = ErrorKind::cancelled, .code = "cancelled", .message = "the caller asked to stop"};
  return {};
}

Result<ResponseStream> ClientCore::open(const Request& request, const CallOptions& call, bool stream) {
  const auto bounds = limits(call, stream);
  const int retries = call.max_retries.value_or(options_.max_retries);
  for (int attempt = 0;; ++attempt) {
    auto answer = transport_->attempt(request, bounds);
    const bool again = answer ? sdk::answer_wants_retry(request, answer->status(), answer->headers())
                              : sdk::error_wants_retry(request, answer.error());
    if (!again || attempt >= retries) return answer;
    const auto asked = answer ? sdk::asked_pause(answer->headers()) : std::nullopt;
    const auto wait = asked.value_or(sdk::backoff(attempt, random_));
    log_.info(
        "retry",
        {{"attempt", attempt + 1}, {"status", answer ? answer->status() : 0}, {"wait_ms", wait.count()}});
    if (const auto waited = pause(wait, bounds); !waited) {
      if (waited.error().kind == ErrorKind::cancelled) return waited.error();
      return answer;  // no time for another attempt: what there is says more than a timeout
    }
  }
}

Result<Response> ClientCore::request(const Request& request, const CallOptions& call) {
  WYE_TRY(auto stream, open(request, call));
  WYE_TRY(auto body, read_whole(stream, kMaxWholeBody));
  return Response{stream.status(), stream.headers(), std::move(body), stream.route()};
}

Result<Response> ClientCore::expect_success(const Request& request_, const CallOptions& call) {
  WYE_TRY(auto answer, request(request_, call));
  if (answer.status >= 200 && answer.status < 300) return answer;
  return error_of_answer(answer.status, answer.headers, answer.body);
}

Result<std::string> read_whole(ResponseStream& stream, std::size_t limit) {
  std::string body;
  std::array<char, 32 * 1024> piece;
  for (;;) {
    WYE_TRY(const auto got, stream.read(piece));
    if (got == 0) return body;
    if (body.size() + got > limit)
      return Error{.kind = ErrorKind::overloaded,
                   .code = "answer_too_large",
                   .message = "the answer is larger than this call takes; use open()"};
    body.append(piece.data(), got);
  }
}

Error error_of_answer(int status, const HeaderFields& headers, std::string_view body) {
  Error error{.kind = wire::kind_of_status(status),
              .status = status,
              .request_id = std::string(header(headers, "X-Request-Id"))};
  if (const auto parsed = wire::from_text<wire::ErrorBody>(body)) {
    error.code = parsed->code;
    error.message = redact(parsed->message);
  }
  if (error.code.empty()) error.code = "http_" + std::to_string(status);
  if (error.message.empty())
    error.message = body.empty() ? "status " + std::to_string(status) : redact(body.substr(0, kMaxErrorText));
  return error;
}

Client::Client(ClientOptions options) : core_(std::make_shared<ClientCore>(std::move(options))) {}

Result<Response> Client::request(const Request& request, CallOptions call) const {
  return core_->request(request, call);
}
Result<ResponseStream> Client::open(const Request& request, CallOptions call) const {
  return core_->open(request, call, true);
}
const std::string& Client::base_url() const { return core_->base_url(); }

std::vector<KnownRoute> Client::routes() const {
  std::vector<KnownRoute> out;
  for (auto& route : core_->routes().list())
    out.push_back({route.session_id, route.base_url, route.names, route.expires_at});
  return out;
}

}  // namespace wye
