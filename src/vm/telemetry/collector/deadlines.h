#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace wye::vm {

/// Events that become due when nothing happens in between: an idle network, a stable layout. Pure; its owner
/// keeps one timer for the earliest.
class Deadlines {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class What { network_idle, layout_settled, screenshot, screenshot_answer, told_drops, held_page };
  struct Key {
    What what;
    std::string target;  ///< "" for an event that exists once for all.
    auto operator<=>(const Key&) const = default;
  };

  /// Sets the time of a key, and replaces an earlier one.
  void set(const Key& key, Time at);
  void clear(const Key& key);
  /// Drops what is due for a target that went away or crashed. The key of a page that is held stays, since
  /// clients still wait for the page.
  void clear_target(const std::string& target);
  void clear_all();
  [[nodiscard]] std::optional<Time> next() const;
  /// Removes and returns what is due, earliest first.
  [[nodiscard]] std::vector<Key> take_due(Time now);

 private:
  std::map<Key, Time> at_;
  std::set<std::pair<Time, Key>> order_;
};

}  // namespace wye::vm
