#include "sdk/pause.h"

#include <condition_variable>
#include <mutex>

namespace wye::sdk {

Result<void> RealPause::wait(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
  if (stop.stop_requested())
    return Error{.kind = ErrorKind::cancelled, .code = "cancelled", .message = "the caller asked to stop"};
  return {};
}

}  // namespace wye::sdk
