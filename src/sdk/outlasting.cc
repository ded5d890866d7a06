#include "sdk/outlasting.h"

#include <algorithm>

namespace wye::sdk {
namespace {

constexpr std::chrono::seconds kLonger{15};
constexpr std::int64_t kLongest = std::chrono::seconds(std::chrono::hours(24 * 365)).count();

}  // namespace

CallOptions outlasting(CallOptions call, const ClientCore& core, std::int64_t seconds) {
  const std::chrono::seconds whole(std::clamp<std::int64_t>(seconds, 0, kLongest));
  if (!call.timeout) call.timeout = std::max<std::chrono::milliseconds>(core.timeout(), whole + kLonger);
  return call;
}

}  // namespace wye::sdk
