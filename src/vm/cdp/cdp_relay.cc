#include "vm/cdp/cdp_relay.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <vector>

#include "base/encoding.h"
#include "net/ws_frames.h"

namespace wye::vm {

namespace asio = boost::asio;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
constexpr auto kTuple = asio::as_tuple(asio::deferred);

namespace {

constexpr std::size_t kBuffer =
    256 * 1024;  // a direction; what does not fit waits in the kernel (back-pressure)
constexpr auto kDialWithin = std::chrono::seconds(15);
constexpr std::size_t kMaxHandshake = 16 * 1024;

Error starting() {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_unavailable",
          .message = "the browser is starting",
          .status = 503};
}

// Only Sec-WebSocket-* goes on; a loopback Host and no Origin, as Chromium demands.
std::string handshake(const net::RequestHead& head, const std::string& path, std::uint16_t port) {
  std::string text = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                     "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
  for (const auto& [name, value] : head.headers)
    if (ascii_lower(name).starts_with("sec-websocket-")) text += name + ": " + value + "\r\n";
  return text + "\r\n";
}

net::Task<Result<std::string>> dial(Socket& socket, const std::string& request, std::uint16_t port) {
  const auto failed = [] {
    return Error{.kind = ErrorKind::disconnected,
                 .code = "upstream_unavailable",
                 .message = "failed to connect to upstream",
                 .status = 502};
  };
  const auto [refused] = co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, kTuple);
  if (refused) co_return failed();
  const auto [unsent, sent] = co_await asio::async_write(socket, asio::buffer(request), kTuple);
  if (unsent) co_return failed();
  std::string answer;
  char piece[4096];
  while (answer.find("\r\n\r\n") == std::string::npos) {
    const auto [error, got] = co_await socket.async_read_some(asio::buffer(piece), kTuple);
    if (error || answer.size() + got > kMaxHandshake) co_return failed();
    answer.append(piece, got);
  }
  co_return answer;
}

}  // namespace

std::string devtools_path(std::string_view path, const std::string& browser_path) {
  constexpr std::string_view kPage = "/devtools/page/";
  const auto at = path.find(kPage);
  if (at == std::string_view::npos) return browser_path;
  const auto target = path.substr(at + kPage.size());
  const bool plain = !target.empty() && target.size() <= 128 &&
                     target.find_first_not_of("ABCDEFabcdef0123456789-") == std::string_view::npos;
  return plain ? std::string(path.substr(at)) : browser_path;
}

struct CdpRelay::Connection {
  explicit Connection(asio::io_context& io) : upstream(io.get_executor()) {}
  Socket upstream;
  std::unique_ptr<net::ByteStream> client;
  net::WsFrameTracker from_client, from_browser;
  int close_code = 0;
  std::string close_reason, told_reason;
};

CdpRelay::CdpRelay(asio::io_context& io, Browser& browser, TelemetryHub& telemetry)
    : io_(io), browser_(browser), telemetry_(telemetry) {}

void CdpRelay::close_all(int code, std::string reason) {
  for (auto& weak : std::exchange(open_, {})) {
    const auto connection = weak.lock();
    if (!connection) continue;
    connection->close_code = code;
    connection->close_reason = reason;
    boost::system::error_code ignored;
    connection->upstream.close(ignored);  // both pumps wake
  }
}

namespace {

net::Task<> pump_up(net::ByteStream& from, Socket& to, net::WsFrameTracker& counter) {
  std::vector<char> buffer(kBuffer);
  for (;;) {
    const auto got = co_await from.read_some(buffer);
    if (!got || *got == 0) break;
    counter.feed({buffer.data(), *got});
    const auto [error, sent] = co_await asio::async_write(to, asio::buffer(buffer.data(), *got), kTuple);
    if (error) co_return;
  }
  boost::system::error_code ignored;
  to.close(ignored);
}

net::Task<> pump_down(Socket& from, net::ByteStream& to, net::WsFrameTracker& counter) {
  std::vector<char> buffer(kBuffer);
  for (;;) {
    const auto [error, got] = co_await from.async_read_some(asio::buffer(buffer), kTuple);
    if (error || got == 0) break;
    counter.feed({buffer.data(), got});
    if (!co_await to.write({buffer.data(), got})) break;
  }
}

}  // namespace

net::Task<> CdpRelay::relay(net::Exchange& exchange, std::shared_ptr<Connection> connection,
                            std::string first_bytes) {
  using namespace asio::experimental::awaitable_operators;
  auto& it = *connection;
  it.client = exchange.hijack();
  const auto head_end = first_bytes.find("\r\n\r\n") + 4;
  it.from_browser.feed(std::string_view(first_bytes).substr(head_end));
  if (!co_await it.client->write(first_bytes)) co_return;
  open_.push_back(connection);
  const auto id = "c" + std::to_string(next_connection_++);
  const auto began = std::chrono::steady_clock::now();
  telemetry_.emit("cdp_connect", "connection", "kernel_api", {{"connection_id", id}});
  co_await (pump_up(*it.client, it.upstream, it.from_client) ||
            pump_down(it.upstream, *it.client, it.from_browser));
  // A close of ours can only be said between two frames; inside one the connection is broken instead.
  if (it.close_code == 0 && !it.from_client.closed() && !it.from_browser.closed() && !browser_.ready()) {
    it.close_code = 1012;
    it.close_reason = "upstream_changed";
  }
  if (it.close_code != 0 && it.from_browser.at_boundary())
    co_await it.client->write(
        net::ws_close_frame(static_cast<std::uint16_t>(it.close_code), it.close_reason));
  it.client->shutdown_write();
  it.client->close();
  boost::system::error_code ignored;
  it.upstream.close(ignored);
  open_.remove_if([&](const auto& weak) { return weak.expired() || weak.lock() == connection; });
  const double ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
  telemetry_.emit("cdp_disconnect", "connection", "kernel_api",
                  {{"duration_ms", ms},
                   {"message_count", it.from_client.messages() + it.from_browser.messages()},
                   {"reason", it.close_code == 1012 ? "upstream_changed"
                              : it.close_code != 0  ? "context_cancelled"
                                                    : "client_close"},
                   {"connection_id", id}});
}

net::Task<> CdpRelay::serve(net::Exchange& exchange) {
  const auto refuse = [&](const Error& error) -> net::Task<> {
    auto response = net::error_response(error);
    response.headers.set("X-Wye-Source", "agent");
    co_await exchange.respond(std::move(response));
  };
  if (!co_await browser_.wait_ready(kDialWithin)) co_return co_await refuse(starting());
  auto connection = std::make_shared<Connection>(io_);  // shared with close_all's list
  const auto port = browser_.devtools_port();
  const auto path = devtools_path(exchange.head().path(), browser_.browser_path());
  auto answer = co_await dial(connection->upstream, handshake(exchange.head(), path, port), port);
  if (!answer) co_return co_await refuse(answer.error());
  if (!answer->starts_with("HTTP/1.1 101")) {
    const bool no_target = answer->starts_with("HTTP/1.1 404");
    Error error{.kind = no_target ? ErrorKind::not_found : ErrorKind::invalid,
                .code = no_target ? "not_found" : "bad_request",
                .message = no_target ? "no such target" : "DevTools refused the WebSocket handshake"};
    co_return co_await refuse(error);
  }
  co_await relay(exchange, connection, std::move(*answer));
}

}  // namespace wye::vm
