#include "vm/curl/curl_handlers.h"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <charconv>

#include "base/encoding.h"
#include "base/try.h"
#include "vm/curl/field_bytes.h"
#include "vm/curl/net_error.h"
#include "vm/curl/raw_head.h"
#include "vm/curl/request_headers.h"
#include "wire/describe.h"

namespace wye::vm {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kMaxRequestBody =
    64u << 20;  // sent to Chromium in one DevTools message, which may hold 100 MB
constexpr std::size_t kMaxBufferedBody = 64u << 20;  // vm-api §5
constexpr std::size_t kMaxJson = 8u << 20;
constexpr auto kBetweenReads = std::chrono::seconds(60);
constexpr std::int64_t kDefaultTimeoutMs = 30'000;
constexpr auto kNextBrowserWithin = std::chrono::seconds(15);  // vm-api §15
constexpr int kMoves = 3;                                      // a request that needs more ends each browser

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

Result<std::int64_t> check_timeout(std::int64_t timeout_ms) {
  if (timeout_ms < 1000 || timeout_ms > 60'000) return bad("timeout_ms must be between 1000 and 60000");
  return timeout_ms;
}

net::Response transport_failure(const Error& error) {
  json::object body{{"code", "upstream_transport"}, {"message", error.message}};
  if (error.code.starts_with("ERR_")) {
    body["net_error"] = net_error_number(error.code);
    body["net_error_name"] = error.code;
  }
  return net::json_response(502, json::serialize(body));
}

// Makes the answer for an error of Chromium's network or of the agent. Only a request that has left the
// browser may have been executed.
net::Response failure(const Error& error) {
  const bool has_left = error.code.starts_with("ERR_") || error.code == "upstream_transport";
  auto response = has_left ? transport_failure(error) : net::error_response(error);
  if (has_left) response.headers.set("x-should-retry", "false");
  return response;
}

struct CurlCall {
  CurlJobRequest job;
  std::int64_t timeout_ms = kDefaultTimeoutMs;
  bool base64_body = false;
};

Result<CurlCall> read_call(const std::string& text) {
  WYE_TRY(auto request, wire::from_text<CurlRequest>(text.empty() ? "{}" : text));
  WYE_CHECK(check_target_url(request.url));
  CurlCall call;
  call.job.url = request.url;
  call.job.method = request.method.value_or("GET");
  if (!is_target_method(call.job.method))
    return bad("method must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS");
  WYE_TRY(call.timeout_ms, check_timeout(request.timeout_ms.value_or(kDefaultTimeoutMs)));
  const auto encoding = request.response_encoding.value_or("utf8");
  if (encoding != "utf8" && encoding != "base64") return bad("response_encoding must be utf8 or base64");
  call.base64_body = encoding == "base64";
  call.job.body = request.body.value_or("");
  net::Headers headers;
  if (request.headers) {
    for (const auto& [name, value] : *request.headers) {
      if (!is_legal_header(name, value))
        return bad("headers holds a name or a value that HTTP does not allow");
      headers.add(name, value);
    }
  }
  call.job.headers = headers_for_target(headers, !call.job.body.empty());
  return call;
}

struct Begun {
  std::shared_ptr<CurlJob> job;
  CurlHead head;
  Clock::time_point deadline;
};

net::Task<Result<Begun>> begin_once(CurlService& service, std::shared_ptr<const CurlJobRequest> request,
                                    std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  WYE_CO_TRY(auto job, co_await service.start(std::move(request), deadline));
  WYE_CO_TRY(auto head, co_await job->head(deadline));
  co_return Begun{std::move(job), std::move(head), deadline};
}

// Begins the call and waits for the target's head. A request that had not left when its Chromium ended is
// sent by the next one.
net::Task<Result<Begun>> begin(CurlService& service, const CurlBrowser& browser, CurlCall call) {
  const std::chrono::milliseconds timeout(call.timeout_ms);
  const auto request = std::make_shared<const CurlJobRequest>(std::move(call.job));  // see CurlJob
  for (int moves = 0;; ++moves) {
    const auto generation = browser.generation();
    auto begun = co_await begin_once(service, request, timeout);
    if (begun) co_return std::move(*begun);
    const auto& error = begun.error();
    // A closing Chromium refuses our page with an error of its own.
    const bool never_left = error.kind == ErrorKind::disconnected && error.code == "upstream_unavailable";
    if ((!never_left && error.code != "cdp_error") || moves == kMoves) co_return error;
    const bool ended = co_await browser.has_ended(generation);
    if (!ended && !never_left) co_return error;
    if (!ended) continue;  // only our page was lost, and another one is made
    const bool ready = co_await browser.wait_ready(kNextBrowserWithin);
    if (!ready) co_return error;
  }
}

net::Task<Result<CurlResponse>> run_call(CurlService& service, const CurlBrowser& browser, CurlCall call) {
  const auto began = Clock::now();
  const bool base64_body = call.base64_body;
  WYE_CO_TRY(auto begun, co_await begin(service, browser, std::move(call)));
  const auto& [job, head, deadline] = begun;
  CurlResponse answer;
  answer.status = head.status;
  for (const auto& [name, value] : headers_for_caller(head.headers))
    answer.headers[ascii_lower(name)].push_back(field_text(value));
  std::string body;
  for (;;) {
    WYE_CO_TRY(auto piece, co_await job->next_piece(deadline));
    if (!piece) break;
    service.took_piece(*job);
    if (body.size() + piece->size() > kMaxBufferedBody)
      co_return Error{.kind = ErrorKind::disconnected,
                      .code = "upstream_transport",
                      .message = "the body is larger than 64 MiB; use curl/raw, which streams",
                      .status = 502};
    body += *piece;
  }
  answer.body = base64_body ? base64(body) : is_utf8(body) ? std::move(body) : utf8_decode(body);
  answer.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began).count();
  co_return answer;
}

// Writes a body of up to 64 MiB once, without building a tree of it.
std::string text_of(CurlResponse answer) {
  const auto body = std::exchange(answer.body, {});
  auto text = wire::to_text(answer);
  constexpr std::string_view kEmpty = R"("body":"")";
  const auto at = text.find(kEmpty);
  auto quoted = json::serialize(json::string_view(body));
  text.replace(at + kEmpty.size() - 2, 2, quoted);
  return text;
}

net::Task<net::Response> answer_call(CurlService& service, const CurlBrowser& browser,
                                     net::Exchange& exchange) {
  auto text = co_await exchange.read_body(kMaxJson);
  if (!text) co_return failure(text.error());
  auto call = read_call(*text);
  if (!call) co_return failure(call.error());
  auto answer = co_await run_call(service, browser, std::move(*call));
  if (!answer) co_return failure(answer.error());
  auto response = net::json_response(200, text_of(std::move(*answer)));
  response.headers.add("x-should-retry", "false");
  co_return response;
}

Result<CurlCall> read_raw_call(const net::RequestHead& head, std::string body) {
  CurlCall call;
  call.job.url = net::query_value(head.query(), "url");
  WYE_CHECK(check_target_url(call.job.url));
  call.job.method = head.method;
  if (!is_target_method(call.job.method))
    return Error{.kind = ErrorKind::invalid,
                 .code = "method_not_allowed",
                 .message = "curl/raw passes GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS",
                 .status = 405};
  if (const auto text = net::query_value(head.query(), "timeout_ms"); !text.empty()) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return bad("timeout_ms must be an integer");
    WYE_TRY(call.timeout_ms, check_timeout(value));
  }
  call.job.body = std::move(body);
  call.job.headers = headers_for_target(head.headers, !call.job.body.empty());
  return call;
}

// Streams the target's body; a failure after the head breaks the connection, so that a short body never looks
// whole.
net::Task<void> pass_body(CurlService& service, CurlJob& job, net::Exchange& exchange) {
  for (;;) {
    auto piece = co_await job.next_piece(Clock::now() + kBetweenReads);
    if (!piece) co_return exchange.abort();
    if (!*piece) break;
    service.took_piece(job);
    if (!co_await exchange.write(**piece)) co_return;
  }
  co_await exchange.finish();
}

net::Task<> answer_raw(CurlService& service, const CurlBrowser& browser, net::Exchange& exchange) {
  const auto refuse = [&](const Error& error) -> net::Task<> {
    auto response = failure(error);
    co_await exchange.respond(std::move(response));
  };
  auto body = co_await exchange.read_body(kMaxRequestBody);
  if (!body) co_return co_await refuse(body.error());
  auto call = read_raw_call(exchange.head(), std::move(*body));
  if (!call) co_return co_await refuse(call.error());
  auto begun = co_await begin(service, browser, std::move(*call));
  if (!begun) co_return co_await refuse(begun.error());
  auto headers = raw_head(begun->head);
  if (!headers) co_return co_await refuse(headers.error());
  const auto started = co_await exchange.start(begun->head.status, std::move(*headers));
  if (started) co_await pass_body(service, *begun->job, exchange);
}

}  // namespace

net::Task<> handle_curl(CurlService& service, const CurlBrowser& browser, net::Exchange& exchange) {
  using namespace boost::asio::experimental::awaitable_operators;
  // When the client goes away, dropping the call drops the job and Chromium's request.
  auto either = co_await (answer_call(service, browser, exchange) || exchange.client_gone());
  if (either.index() == 0) co_await exchange.respond(std::move(std::get<0>(either)));
}

net::Task<> handle_curl_raw(CurlService& service, const CurlBrowser& browser, net::Exchange& exchange) {
  using namespace boost::asio::experimental::awaitable_operators;
  co_await (answer_raw(service, browser, exchange) || exchange.client_gone());
}

}  // namespace wye::vm
