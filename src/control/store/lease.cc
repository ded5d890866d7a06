#include "control/store/lease.h"

namespace wye::control {

Result<bool> Lease::held() {
  const std::lock_guard lock(mutex_);
  const auto now = clock_.steady();
  if (now < renew_at_) return true;
  const auto taken = store_.take_lease(name_, holder_, ttl_);
  if (!taken) {
    if (now < over_at_) return true;
    return taken.error();
  }
  renew_at_ = *taken ? now + ttl_ / 3 : Time::min();
  over_at_ = *taken ? now + ttl_ - kMargin : Time::min();
  return *taken;
}

void Lease::end() {
  const std::lock_guard lock(mutex_);
  if (over_at_ != Time::min()) (void)store_.end_lease(name_, holder_);
  renew_at_ = over_at_ = Time::min();
}

}  // namespace wye::control
