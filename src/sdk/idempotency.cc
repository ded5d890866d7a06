#include "sdk/idempotency.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace wye::sdk {
namespace {

constexpr std::array<std::string_view, 6> kIdempotent{"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"};

}  // namespace

Replay replay_of(const Request& request, bool is_raw_fetch) {
  if (request.body_stream || is_raw_fetch) return Replay::never;
  const bool idempotent =
      std::find(kIdempotent.begin(), kIdempotent.end(), request.method) != kIdempotent.end();
  return idempotent ? Replay::freely : Replay::if_it_not_ran;
}

}  // namespace wye::sdk
