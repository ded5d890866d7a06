#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "metro/testing/metro_fixture.h"

namespace wye::hostile {

/// What arrived whole, by request line. Thread-safe.
class Arrivals {
 public:
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// An agent that takes every byte for what it is: requests one behind the other, as long as they are whole.
/// Answers each with 200.
[[nodiscard]] metro::testing::ScriptedAgent::Script recording(Arrivals& arrivals);

}  // namespace wye::hostile
