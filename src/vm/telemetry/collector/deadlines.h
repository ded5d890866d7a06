#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace wye::vm {

/// Things that are due when nothing came in between: a network that stays idle, a layout that stays settled.
/// Pure; whoever owns it has one timer for the earliest.
class Deadlines {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class What { network_idle, layout_settled, screenshot, screenshot_answer, told_drops, held_page };
  struct Key {
    What what;
    std::string target;  ///< "" where there is one for all.
    auto operator<=>(const Key&) const = default;
  };

  /// Replaces an earlier time of the same key.
  void set(const Key& key, Time at);
  void clear(const Key& key);
  /// What is not told any more of a target that went away or crashed. A page that is held stays due: who
  /// waits for it still does.
  void clear_target(const std::string& target);
  void clear_all();
  [[nodiscard]] std::optional<Time> next() const;
  /// Takes out what is due, earliest first.
  [[nodiscard]] std::vector<Key> take_due(Time now);

 private:
  std::map<Key, Time> at_;
  std::set<std::pair<Time, Key>> order_;
};

}  // namespace wye::vm
