// Replaces base/clock.cc in copies of `wye` and `wye-vm` that only the torture harness runs: a real-time
// signal from the harness carries the seconds by which wall time is shifted. The products' own binaries do
// not contain it, so there is nothing to attack.
#include <signal.h>

#include <atomic>
#include <chrono>

#include "base/clock.h"
#include "shifted_clock.h"

namespace wye {
namespace {

std::atomic<std::int64_t> shift_s{0};
static_assert(std::atomic<std::int64_t>::is_always_lock_free, "set by a signal's handler");

void shift(int, siginfo_t* told, void*) { shift_s = told->si_value.sival_int; }

[[maybe_unused]] const bool installed = [] {
  struct sigaction action {};
  action.sa_sigaction = shift;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  return ::sigaction(torture::shift_signal(), &action, nullptr) == 0;
}();

}  // namespace

std::int64_t SystemClock::unix_micros() const {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count() + shift_s * 1'000'000;
}

std::chrono::steady_clock::time_point SystemClock::steady() const { return std::chrono::steady_clock::now(); }

}  // namespace wye
