#include "vm/cdp/json_endpoints.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "base/try.h"
#include "net/socket.h"
#include "vm/cdp/target_list.h"

namespace wye::vm {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxAnswer = 4u << 20;

using TcpSocket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

Error failed() {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_unavailable",
          .message = "the browser is starting",
          .status = 503};
}

// One request to DevTools, which ends the connection after its answer.
net::Task<Result<net::Response>> ask(asio::io_context& io, std::uint16_t port, std::string method,
                                     std::string target) {
  TcpSocket socket(io.get_executor());
  const auto [refused] = co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, net::kAwait);
  if (refused) co_return failed();
  const std::string request = method + " " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                              "\r\nConnection: close\r\n\r\n";
  const auto [unsent, sent] = co_await asio::async_write(socket, asio::buffer(request), net::kAwait);
  if (unsent) co_return failed();
  std::string answer;
  char piece[16 * 1024];
  std::size_t want = std::string::npos;  // known once the head is here: DevTools keeps connections open
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
  if (body_at == 0 || answer.size() < 12) co_return failed();
  co_return net::json_response(std::atoi(answer.c_str() + 9), answer.substr(body_at));
}

// Our own host and scheme, as the gateway tells them.
TargetView view_of(const net::RequestHead& head, std::function<bool(std::string_view)> is_ours) {
  const auto forwarded = head.headers.get("X-Forwarded-Host");
  return {.scheme = head.headers.get("X-Forwarded-Proto") == "https" ? "wss" : "ws",
          .host = std::string(forwarded.empty() ? head.headers.get("Host") : forwarded),
          .is_ours = std::move(is_ours)};
}

}  // namespace

net::Task<net::Response> answer_json_endpoint(asio::io_context& io, Browser& browser,
                                              const net::RequestHead& head, std::string path,
                                              std::function<bool(std::string_view)> is_ours) {
  if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const bool changes = path.starts_with("/json/new") || path.starts_with("/json/close/") ||
                       path.starts_with("/json/activate/");
  if (!changes && path != "/json" && path != "/json/list" && path != "/json/version")
    co_return net::error_response(
        {.kind = ErrorKind::not_found, .code = "not_found", .message = "no such DevTools endpoint"});
  if (!co_await browser.wait_ready(std::chrono::seconds(0)) && !browser.ready())
    co_return net::error_response(failed());
  if (changes && is_ours(path.substr(path.rfind('/') + 1)))
    co_return net::error_response(
        {.kind = ErrorKind::not_found, .code = "not_found", .message = "no such target"});
  std::string asked = path;
  if (path == "/json/new" && !head.query().empty()) asked += "?" + std::string(head.query());
  // Named, since g++ 12 destroys conditional temporaries of an awaited call twice.
  auto answer = co_await ask(io, browser.devtools_port(), head.method, asked);
  if (!answer) co_return net::error_response(answer.error());
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
