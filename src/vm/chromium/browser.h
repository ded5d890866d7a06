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
/// once, then with growing pauses while it keeps dying by itself). After too many failed starts in a row it
/// gives up, and then tries once for each caller that waits: the session lives on. A ready Chromium has at
/// least one page. One io_context.
class Browser {
 public:
  struct Listener {
    /// DevTools answered and a page is being opened. `restarted` is false for the first start.
    std::function<void(std::shared_ptr<CdpPipe>, bool restarted)> ready;
    /// Awaited after `ready`; no client is admitted before it returns.
    std::function<net::Task<>()> prepare;
    std::function<void(const ChromiumEnd& end)> ended;
    /// Called when Chromium is no longer started by itself.
    std::function<void()> gave_up;
  };

  Browser(boost::asio::io_context& io, ChromiumOptions options, std::string start_url, const Log& log,
          Listener listener, RestartPolicy policy = {});
  ~Browser();

  void start();
  /// Asks Chromium to close, waits for its end (at most 3 s, then kills it) and does not start it again.
  net::Task<> stop();

  /// Resizes every window now, and those of later starts. Not ready: `disconnected`, 503.
  net::Task<Result<void>> set_window_size(int width, int height);

  [[nodiscard]] bool ready() const;
  /// The number of the Chromium that runs, or of the last one.
  [[nodiscard]] std::uint64_t generation() const;
  /// A client has asked that Chromium to end, and it still answers for a while. Admits nobody until the next
  /// one is ready, or until this one seems to stay.
  void expect_end(std::uint64_t generation);
  /// That Chromium listens at its port no more: it ends, or something has called its end off half-way, and
  /// then nobody can reach it. Asks it to end once more, and kills it when it stays.
  void end_unreachable(std::uint64_t generation);
  /// Whether that Chromium has ended, asked by a caller whose connection it closed. Waits until the answer is
  /// known: it ended, or it answers.
  net::Task<bool> has_ended(std::uint64_t generation);
  /// For a caller that failed with that Chromium: true when it has ended and the next one is ready.
  net::Task<bool> wait_next(std::uint64_t generation, std::chrono::steady_clock::time_point until);
  /// Whether the pid is the Chromium that is waited for here.
  [[nodiscard]] bool owns(pid_t pid) const;
  /// Waits until it is ready; false when it is not ready at the deadline.
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
