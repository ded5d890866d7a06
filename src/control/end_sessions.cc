// Ending every browser of a server that ends.
#include "control/sessions.h"

namespace wye::control {

std::size_t Sessions::live() {
  const std::lock_guard lock(mutex_);
  return alive_.size() + creating_;
}

std::size_t Sessions::end_all(std::chrono::milliseconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  std::unique_lock lock(mutex_);
  ending_all_ = true;
  std::set<std::string> begun;
  while (!stopping_ && alive_.size() + creating_ > 0 && std::chrono::steady_clock::now() < deadline) {
    const auto alive = alive_;
    const auto creating = creating_;
    lock.unlock();
    for (const auto& id : alive)
      if (begun.insert(id).second) (void)begin_end(id, "deleted");  // or it is ending already
    lock.lock();
    changed_.wait_until(lock, deadline,
                        [&] { return stopping_ || alive_ != alive || creating_ != creating; });
  }
  return alive_.size() + creating_;
}

}  // namespace wye::control
