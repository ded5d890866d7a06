#include "vm/telemetry/collector/deadlines.h"

namespace wye::vm {

void Deadlines::set(const Key& key, Time at) {
  clear(key);
  at_.emplace(key, at);
  order_.emplace(at, key);
}

void Deadlines::clear(const Key& key) {
  const auto found = at_.find(key);
  if (found == at_.end()) return;
  order_.erase({found->second, key});
  at_.erase(found);
}

void Deadlines::clear_target(const std::string& target) {
  clear({What::network_idle, target});
  clear({What::layout_settled, target});
}

void Deadlines::clear_all() {
  at_.clear();
  order_.clear();
}

std::optional<Deadlines::Time> Deadlines::next() const {
  return order_.empty() ? std::optional<Time>() : order_.begin()->first;
}

std::vector<Deadlines::Key> Deadlines::take_due(Time now) {
  std::vector<Key> due;
  while (!order_.empty() && order_.begin()->first <= now) {
    due.push_back(order_.begin()->second);
    at_.erase(due.back());
    order_.erase(order_.begin());
  }
  return due;
}

}  // namespace wye::vm
