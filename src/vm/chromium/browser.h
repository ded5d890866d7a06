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

/// How persistently a Chromium that dies is started again.
struct RestartPolicy {
  std::chrono::milliseconds first_pause{100}, longest_pause{5'000};
  std::chrono::milliseconds healthy_after{30'000};  ///< One that lived so long is started again at once.
  int max_failed_starts = 8;                        ///< In a row, without an answer of DevTools.
};

/// How a Chromium ended.
struct ChromiumEnd {
  pid_t pid = -1;
  bool while_starting = false;  ///< Before it was ready.
  bool crashed = false;         ///< Not by closing in order, as `Browser.close` has it do.
};

/// Keeps one Chromium running: starts it, says when DevTools answers, and starts it again when it ends (at
/// once, then with growing pauses while it keeps dying unasked). After too many starts in a row that led to
/// nothing it gives up, and tries once more whenever somebody waits for it: the session lives on. At least
/// one page exists once it is ready. One io_context.
class Browser {
 public:
  struct Listener {
    /// DevTools answered and a page is being opened. `restarted` is false for the first start.
    std::function<void(std::shared_ptr<CdpPipe>, bool restarted)> ready;
    /// Awaited after `ready`; nobody is let in before it returned.
    std::function<net::Task<>()> prepare;
    std::function<void(const ChromiumEnd& end)> ended;
    /// It is not started again by itself any more.
    std::function<void()> gave_up;
  };

  Browser(boost::asio::io_context& io, ChromiumOptions options, std::string start_url, const Log& log,
          Listener listener, RestartPolicy policy = {});
  ~Browser();

  void start();
  /// Asks Chromium to close, waits for its end (at most 3 s, then kills it) and does not start it again.
  net::Task<> stop();

  /// Resizes every window now, and is the size of those of later starts. Not ready: `disconnected`, 503.
  net::Task<Result<void>> set_window_size(int width, int height);

  [[nodiscard]] bool ready() const;
  /// The number of the Chromium that runs, or of the last one.
  [[nodiscard]] std::uint64_t generation() const;
  /// A client has asked that Chromium to end. It still answers for a while: nobody is let in any more, until
  /// the next one is ready or this one seems to stay.
  void expect_end(std::uint64_t generation);
  /// Whether that Chromium has ended, as somebody suspects whom it has hung up on. Waits until it is known:
  /// its end, or that it answers.
  net::Task<bool> has_ended(std::uint64_t generation);
  /// After a failure with that Chromium: true when it has ended and the next one is ready.
  net::Task<bool> wait_next(std::uint64_t generation, std::chrono::steady_clock::time_point until);
  /// Whether the pid is the Chromium that is waited for here.
  [[nodiscard]] bool owns(pid_t pid) const;
  /// Waits until it is ready, at most until the deadline; false = not ready.
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
