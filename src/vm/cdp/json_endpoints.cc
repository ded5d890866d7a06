#include "vm/cdp/json_endpoints.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "base/try.h"
#include "net/lazy_deadline.h"
#include "net/socket.h"
#include "vm/cdp/target_list.h"

namespace wye::vm {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxAnswer = 4u << 20;
constexpr auto kAnswerWithin =
    std::chrono::seconds(15);  // includes the wait for the next Chromium (vm-api §15)
using Clock = std::chrono::steady_clock;

using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

Error starting() {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_unavailable",
          .message = "the browser is starting",
          .status = 503};
}
Error lost() {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_unavailable",
          .message = "the browser was lost before it had answered",
          .status = 502};
}

// Sends one request to DevTools on a connection that ends after its answer. `starting` when nothing was sent.
net::Task<Result<net::Response>> ask(asio::io_context& io, std::uint16_t port, std::string method,
                                     std::string target, Clock::time_point until) {
  TcpSocket socket(io.get_executor());
  net::LazyDeadline silent(io, [&socket] {
    boost::system::error_code ignored;
    socket.close(ignored);
  });
  silent.set(std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()));
  const auto [refused] = co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, net::kAwait);
  if (refused) co_return starting();
  const std::string request = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                              "\r\nConnection: close\r\n\r\n";
  const auto [unsent, sent] = co_await asio::async_write(socket, asio::buffer(request), net::kAwait);
  if (unsent) co_return lost();
  std::string answer;
  char piece[16 * 1024];
  std::size_t want = std::string::npos;  // known once the head is here; DevTools keeps connections open
  std::size_t body_at = 0;
  while (answer.size() < want) {
    const auto [error, got] = co_await socket.async_read_some(asio::buffer(piece), net::kAwait);
    if (error || answer.size() + got > kMaxAnswer) break;
    answer.append(piece, got);
    if (body_at != 0) continue;
    const auto end = answer.find("\r\n\r\n");
    if (end == std::string::npos) continue;
    body_at = end + 4;
    const auto field = answer.find("Content-Length:");
    if (field < end) want = body_at + std::strtoul(answer.c_str() + field + 15, nullptr, 10);
  }
  const bool cut = want != std::string::npos && answer.size() < want;
  if (body_at == 0 || answer.size() < 12 || cut) co_return lost();
  co_return net::json_response(std::atoi(answer.c_str() + 9), answer.substr(body_at));
}

// The public host and scheme, as the gateway names them.
TargetView view_of(const net::RequestHead& head, std::function<bool(std::string_view)> is_ours) {
  const auto forwarded = head.headers.get("X-Forwarded-Host");
  return {.scheme = head.headers.get("X-Forwarded-Proto") == "https" ? "wss" : "ws",
          .host = std::string(forwarded.empty() ? head.headers.get("Host") : forwarded),
          .is_ours = std::move(is_ours)};
}

}  // namespace

net::Task<Result<net::Response>> ask_devtools(asio::io_context& io, Browser& browser, std::string method,
                                              std::string target) {
  const auto until = Clock::now() + kAnswerWithin;
  const bool makes_a_page = target.starts_with("/json/new");  // and it makes the page load something
  for (;;) {
    const bool ready = co_await browser.wait_ready(until - Clock::now());
    if (!ready) co_return starting();
    const auto generation = browser.generation();
    auto answer = co_await ask(io, browser.devtools_port(), method, target, until);
    if (answer || (makes_a_page && answer.error().status == lost().status)) co_return answer;
    const bool ended = co_await browser.has_ended(generation);
    if (!ended) co_return answer;
  }
}

namespace {

net::Response refusal(const Error& error) {
  auto response = net::error_response(error);
  if (error.status == lost().status) response.headers.set("x-should-retry", "false");
  return response;
}

}  // namespace

net::Task<net::Response> answer_json_endpoint(asio::io_context& io, Browser& browser,
                                              const net::RequestHead& head, std::string path,
                                              std::function<bool(std::string_view)> is_ours) {
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const bool changes = path.starts_with("/json/new") || path.starts_with("/json/close/") ||
                       path.starts_with("/json/activate/");
  const bool is_protocol = path == "/json/protocol";
  if (!changes && !is_protocol && path != "/json" && path != "/json/list" && path != "/json/version")
    co_return net::error_response(
        {.kind = ErrorKind::not_found, .code = "not_found", .message = "no such DevTools endpoint"});
  if (changes && is_ours(path.substr(path.rfind('/') + 1)))
    co_return net::error_response(
        {.kind = ErrorKind::not_found, .code = "not_found", .message = "no such target"});
  std::string asked = path;
  if (path == "/json/new" && !head.query().empty()) asked += "?" + std::string(head.query());
  std::string method = head.method == "HEAD" ? "GET" : head.method;
  auto answer = co_await ask_devtools(io, browser, std::move(method), std::move(asked));
  if (!answer) co_return refusal(answer.error());
  if (is_protocol && answer->status == 200) co_return std::move(*answer);  // names no target
  auto shown = shown_targets(answer->body, view_of(head, std::move(is_ours)));
  if (shown) {
    answer->body = std::move(*shown);
  } else if (answer->status == 200) {
    answer->headers.set("Content-Type", "text/plain");
  } else {
    co_return net::error_response({.kind = ErrorKind::not_found,
                                   .code = "not_found",
                                   .message = "no such target",
                                   .status = answer->status});
  }
  co_return std::move(*answer);
}

}  // namespace wye::vm
