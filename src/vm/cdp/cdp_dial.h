#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "net/exchange.h"
#include "vm/chromium/browser.h"

namespace wye::vm {

using DevToolsSocket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// A client's request for a WebSocket to DevTools.
struct CdpDialRequest {
  std::string path;    ///< As the client sent it.
  std::string fields;  ///< Its `Sec-WebSocket-*`, as lines of a head.
};

/// A WebSocket that DevTools has granted.
struct CdpUpstream {
  std::shared_ptr<DevToolsSocket> socket;  // shared with a write under way when another one replaces it
  std::string answer;                      ///< The 101, and the bytes that came with it.
  std::uint64_t generation = 0;            ///< Of the Chromium that it leads to.
};

[[nodiscard]] CdpDialRequest dial_request_of(const net::RequestHead& head);

/// Dials the Chromium that is ready. When that one is ending, dials the next (vm-api §15). `not_found` when
/// it has no such target; otherwise `disconnected` (503 when none was ready in time, 502 when a living one
/// refuses).
net::Task<Result<CdpUpstream>> dial_devtools(boost::asio::io_context& io, Browser& browser,
                                             CdpDialRequest request,
                                             std::chrono::steady_clock::time_point until);

/// Takes a socket out of the event loop, to be handed to another process. Closing it would not do: the loop
/// would be woken for every byte as long as the other process has it open (epoll(7), questions, 6).
[[nodiscard]] UniqueFd take_out(DevToolsSocket& socket);

/// Tells whether a path leads to one target: `/devtools/page/{id}`, also below `/browser/cdp`.
[[nodiscard]] bool names_a_target(std::string_view path);
/// Maps a path to DevTools' path: a target's stays, every other one is the browser's.
[[nodiscard]] std::string devtools_path(std::string_view path, const std::string& browser_path);

}  // namespace wye::vm
