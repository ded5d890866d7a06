#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>

#include "base/metrics.h"
#include "wye/result.h"

namespace wye::control {

/// The browsers of this server, from before they are made until they are gone, and whether there is room for
/// one more. Thread-safe.
class Admission {
 public:
  explicit Admission(std::size_t most) : most_(most) {}

  /// Fails with `overloaded` (429) when there is no room, or when it is closed; `enter` does the same.
  [[nodiscard]] Result<void> check();
  /// Adds one that is about to be made.
  Result<void> enter(const std::string& id);
  /// Adds one of an earlier server: there is room for it in any case.
  void take_over(const std::string& id);
  /// Says that it is not being made any longer.
  void made(const std::string& id);
  void leave(const std::string& id);

  /// Lets no more in.
  void close();
  [[nodiscard]] std::size_t count() const;
  [[nodiscard]] std::size_t being_made() const;
  /// Counts creates that were refused because there was no room.
  [[nodiscard]] const SharedCounter& refused() const { return refused_; }

  struct Census {
    std::set<std::string> here;
    std::uint64_t changes = 0;  ///< How often a browser was made or left before this was taken.
  };
  [[nodiscard]] Census census() const;
  /// Waits until a browser was made or left since the census. Returns false at the deadline, and once
  /// `give_up` was called.
  [[nodiscard]] bool wait_for_change(const Census& since, std::chrono::steady_clock::time_point deadline);
  /// Ends all waiting, now and later.
  void give_up();

 private:
  [[nodiscard]] Result<void> check_locked();

  const std::size_t most_;
  SharedCounter refused_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> here_, being_made_;
  std::uint64_t changes_ = 0;
  bool closed_ = false;    // the server ends its browsers
  bool given_up_ = false;  // the server ends
};

}  // namespace wye::control
