#include "sdk/idempotency.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace wye::sdk {
namespace {

constexpr std::array<std::string_view, 6> kIdempotent{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};

}  // namespace

Replay replay_of(const Request& request, const wire::VmCall* vm_call) {
  if (request.body_stream || (vm_call != nullptr && vm_call->raw)) return Replay::never;
  if (vm_call != nullptr && vm_call->repeats) return Replay::if_it_not_ran;
  const bool idempotent =
      std::find(kIdempotent.begin(), kIdempotent.end(), request.method) != kIdempotent.end();
  return idempotent ? Replay::freely : Replay::if_it_not_ran;
}

}  // namespace wye::sdk
