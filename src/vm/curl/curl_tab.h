#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "vm/curl/cdp_channel.h"

namespace wye::vm {

/// Keeps the extension's hidden page in the user's Chromium, whatever clients do. It makes a blank hidden
/// target, then the page in it. A DevTools client can hold every target that is made after the client came
/// (`waitForDebuggerOnStart`), but not the actions of an older target. The target is therefore made before
/// the first client is admitted, and a lost page (its renderer died, a client navigated it) is made again in
/// the same target. One io_context.
class CurlTab {
 public:
  struct Listener {
    CdpChannel::Listener event;  ///< Gets DevTools events of the page.
    std::function<void()> lost;  ///< Called when the page was lost, with all requests in it.
  };
  /// `extension_dir` must be readable by Chromium; the extension is written there. An attempt to make the
  /// page ends after `patience`, which doubles with each failed attempt, up to 30 s.
  CurlTab(boost::asio::io_context& io, std::string extension_dir, Listener listener,
          std::chrono::steady_clock::duration patience = std::chrono::seconds(5));
  ~CurlTab();

  /// Sets the connection to a Chromium that has just started; null when it went away.
  void attach(std::shared_ptr<CdpChannel> channel);
  /// Asks for the target if it is missing, without waiting: Chromium executes commands in order, and a
  /// client's first command comes later.
  void reserve();
  /// Waits for the target, a hidden page; the error says why it cannot be made, or that it took too long.
  net::Task<Result<std::string>> target(std::chrono::steady_clock::time_point deadline);
  /// Waits for the page; the error says why it cannot be made, or that it took too long.
  net::Task<Result<void>> ready(std::chrono::steady_clock::time_point deadline);
  /// Sends a command to the page, when there is one.
  void post(std::string method, boost::json::object params, CdpChannel::Answered answered);
  /// Tells that the page is useless: its open work is lost, and another page replaces it.
  void lose();
  /// Tells that the target does not answer either: the next page gets another target.
  void replace();
  /// A different number for each page, so that answers of an earlier one can be told apart.
  [[nodiscard]] std::uint64_t page() const;
  [[nodiscard]] bool is_it(std::string_view target_id) const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with its coroutines, which may end a turn after the object
};

}  // namespace wye::vm
