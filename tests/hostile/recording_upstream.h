#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "metro/testing/metro_fixture.h"

namespace wye::hostile {

/// The whole requests that arrived, by request line. Thread-safe.
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

/// Makes an agent that reads requests one after another while they are whole, and answers each with 200.
[[nodiscard]] metro::testing::ScriptedAgent::Script recording(Arrivals& arrivals);

}  // namespace wye::hostile
