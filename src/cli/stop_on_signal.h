#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

#include "base/unique_fd.h"

namespace wye::cli {

/// Makes Ctrl-C and the other signals that end a process a stop, so that a command can clear up. Made before
/// any other thread, which would take them; one at a time.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(const StopOnSignal&) = delete;
  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }
  /// Returns the exit code of a process that the signal would have ended; 0 when none has come.
  [[nodiscard]] int exit_code() const;

 private:
  void wait();

  std::stop_source stop_;
  std::atomic<int> signal_ = 0;
  UniqueFd signals_, over_;
  std::thread thread_;
};

}  // namespace wye::cli
