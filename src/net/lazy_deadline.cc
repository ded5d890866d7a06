#include "net/lazy_deadline.h"

namespace wye::net {

void LazyDeadline::arm(const std::shared_ptr<State>& state) {
  state->timer_at = state->deadline;
  state->timer.expires_at(state->deadline);
  state->timer.async_wait([state](const boost::system::error_code& error) {
    if (error || !state->passed) return;
    state->timer_at = TimePoint::max();
    if (state->deadline == TimePoint::max()) return;
    if (state->deadline > std::chrono::steady_clock::now()) return arm(state);
    state->deadline = TimePoint::max();
    state->passed();
  });
}

}  // namespace wye::net
