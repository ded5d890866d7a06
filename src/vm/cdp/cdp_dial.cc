#include "vm/cdp/cdp_dial.h"

#include <boost/asio/write.hpp>

#include "base/encoding.h"
#include "net/lazy_deadline.h"
#include "vm/cdp/compression_offer.h"

namespace wye::vm {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kMaxHandshake = 16 * 1024;
constexpr std::string_view kNobodyListens = "nobody_listens";  // never leaves this file
constexpr std::string_view kPage = "/devtools/page/";

Error starting() {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_unavailable",
          .message = "the browser is starting",
          .status = 503};
}
Error failed() {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_unavailable",
          .message = "failed to connect to upstream",
          .status = 502};
}
Error refused(bool no_target) {
  return {.kind = no_target ? ErrorKind::not_found : ErrorKind::invalid,
          .code = no_target ? "not_found" : "bad_request",
          .message = no_target ? "no such target" : "DevTools refused the WebSocket handshake"};
}

Error nobody_listens() {
  auto error = failed();
  error.code = kNobodyListens;
  return error;
}

// Dials once; returns the answer's head and the bytes after it, whatever its status.
net::Task<Result<std::string>> handshake(DevToolsSocket& socket, const std::string& request,
                                         std::uint16_t port) {
  const auto [refused_at_once] =
      co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, net::kAwait);
  if (refused_at_once == asio::error::connection_refused) co_return nobody_listens();
  if (refused_at_once) co_return failed();
  const auto [unsent, sent] = co_await asio::async_write(socket, asio::buffer(request), net::kAwait);
  if (unsent) co_return failed();
  std::string answer;
  char piece[4096];
  while (answer.find("\r\n\r\n") == std::string::npos) {
    const auto [error, got] = co_await socket.async_read_some(asio::buffer(piece), net::kAwait);
    if (error || answer.size() + got > kMaxHandshake) co_return failed();
    answer.append(piece, got);
  }
  co_return answer;
}

}  // namespace

CdpDialRequest dial_request_of(const net::RequestHead& head) {
  CdpDialRequest request{.path = std::string(head.path())};
  // Forwards only Sec-WebSocket-*, since Chromium demands a loopback Host and no Origin.
  for (const auto& [name, value] : head.headers) {
    const auto lower = ascii_lower(name);
    if (!lower.starts_with("sec-websocket-")) continue;
    const bool offers = lower == "sec-websocket-extensions";
    request.fields += name + ": " + (offers ? offers_without_context(value) : value) + "\r\n";
  }
  return request;
}

UniqueFd take_out(DevToolsSocket& socket) {
  boost::system::error_code ignored;
  return UniqueFd(socket.release(ignored));
}

bool names_a_target(std::string_view path) {
  const auto at = path.find(kPage);
  if (at == std::string_view::npos) return false;
  const auto target = path.substr(at + kPage.size());
  return !target.empty() && target.size() <= 128 &&
         target.find_first_not_of("ABCDEFabcdef0123456789-") == std::string_view::npos;
}

std::string devtools_path(std::string_view path, const std::string& browser_path) {
  return names_a_target(path) ? std::string(path.substr(path.find(kPage))) : browser_path;
}

net::Task<Result<CdpUpstream>> dial_devtools(asio::io_context& io, Browser& browser, CdpDialRequest request,
                                             std::chrono::steady_clock::time_point until) {
  for (;;) {
    const bool ready = co_await browser.wait_ready(until - std::chrono::steady_clock::now());
    if (!ready) co_return starting();
    CdpUpstream made{.socket = std::make_shared<DevToolsSocket>(io.get_executor()),
                     .generation = browser.generation()};
    const auto port = browser.devtools_port();
    const std::string text = "GET " + devtools_path(request.path, browser.browser_path()) +
                             " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                             "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + request.fields + "\r\n";
    net::LazyDeadline silent(io, [socket = made.socket] {
      boost::system::error_code ignored;
      socket->close(ignored);
    });
    silent.set(std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()));
    auto answer = co_await handshake(*made.socket, text, port);
    if (answer && answer->starts_with("HTTP/1.1 101")) {
      made.answer = std::move(*answer);
      co_return made;
    }
    if (!answer && answer.error().code == kNobodyListens) browser.end_unreachable(made.generation);
    const bool ended = co_await browser.has_ended(made.generation);
    if (ended) continue;
    if (!answer) co_return failed();
    co_return refused(answer->starts_with("HTTP/1.1 404") || names_a_target(request.path));
  }
}

}  // namespace wye::vm
