#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "net/exchange.h"
#include "vm/cdp/cdp_pipe.h"
#include "vm/chromium/chromium_process.h"

namespace wye::vm {

/// How often a Chromium that dies is started again.
struct RestartPolicy {
  std::chrono::milliseconds first_pause{100}, longest_pause{5'000};
  std::chrono::milliseconds healthy_after{
      30'000};                ///< A Chromium that lived this long is started again at once.
  int max_failed_starts = 8;  ///< In a row, without an answer of DevTools.
  std::chrono::milliseconds tells_port_within{10'000};  ///< After its first answer on the pipe.
};

/// How a Chromium ended.
struct ChromiumEnd {
  pid_t pid = -1;
  bool while_starting = false;  ///< Before it was ready.
  bool crashed = false;         ///< It did not close in order, as after `Browser.close`.
};

/// Keeps one Chromium running: starts it, tells when DevTools answers, and starts it again when it ends (at
/// once, then with growing pauses while it keeps dying by itself). After too many failed starts in a row it
/// gives up, and from then on tries once for each caller that waits: the session lives on. A ready Chromium
/// has at least one page. One io_context.
class Browser {
 public:
  struct Listener {
    /// Called when DevTools has answered and a page is being opened. `restarted` is false for the first
    /// start.
    std::function<void(std::shared_ptr<CdpPipe>, bool restarted)> ready;
    /// Awaited after `ready`; no client is admitted before it returns.
    std::function<net::Task<>()> prepare;
    std::function<void(const ChromiumEnd& end)> ended;
    /// Takes the pipe with what a new Chromium prints, when the options keep that.
    std::function<void(UniqueFd pipe)> prints;
    /// Called when Chromium is no longer restarted automatically.
    std::function<void()> gave_up;
  };

  Browser(boost::asio::io_context& io, ChromiumOptions options, std::string start_url, const Log& log,
          Listener listener, RestartPolicy policy = {});
  ~Browser();

  void start();
  /// Asks Chromium to close, waits for its end (at most 3 s, then kills it) and does not start it again.
  net::Task<> stop();

  /// Resizes every window, now and after later starts. `disconnected` (503) while Chromium is not ready.
  net::Task<Result<void>> set_window_size(int width, int height);

  [[nodiscard]] bool ready() const;
  /// The number of the Chromium that runs, or of the last one.
  [[nodiscard]] std::uint64_t generation() const;
  /// Tells that a client has asked that Chromium to end; it may still answer for a while. No client is
  /// admitted until the next Chromium is ready, or until this one seems to stay.
  void expect_end(std::uint64_t generation);
  /// Tells that this Chromium no longer listens at its port: it is ending, or something has called its end
  /// off half-way, and then nobody can reach it. It is asked to end once more, and killed when it stays.
  void end_unreachable(std::uint64_t generation);
  /// Tells whether that Chromium has ended, for a caller whose connection it closed. Waits until the answer
  /// is known: it ended, or it answers.
  net::Task<bool> has_ended(std::uint64_t generation);
  /// Waits for the next Chromium, for a caller that failed with that one: true when that one has ended and
  /// the next is ready.
  net::Task<bool> wait_next(std::uint64_t generation, std::chrono::steady_clock::time_point until);
  /// Tells whether this object waits for the process.
  [[nodiscard]] bool owns(pid_t pid) const;
  /// Waits until Chromium is ready; false when it is not ready at the deadline.
  net::Task<bool> wait_ready(std::chrono::steady_clock::duration limit);
  /// The port of DevTools on the VM's loopback; 0 while it is not ready.
  [[nodiscard]] std::uint16_t devtools_port() const;
  /// The path of the browser's endpoint, `/devtools/browser/<uuid>`.
  [[nodiscard]] const std::string& browser_path() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with its coroutines, which may end a turn after the object
};

}  // namespace wye::vm
