#include "net/slot_pool.h"

namespace wye::net {
namespace {

constexpr long kMaxConnectionsPerSlot = 4;  // control plane, a metro or two, a redirect

}  // namespace

Slot::Slot() : easy(::curl_easy_init()), multi(::curl_multi_init()) {
  ::curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kMaxConnectionsPerSlot);
}

std::unique_ptr<Slot> SlotPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto slot = std::move(idle_.back());
      idle_.pop_back();
      return slot;
    }
  }
  return std::make_unique<Slot>();
}

void SlotPool::give_back(std::unique_ptr<Slot> slot) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kMaxIdle) idle_.push_back(std::move(slot));
}

}  // namespace wye::net
