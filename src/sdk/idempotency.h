#pragma once

#include "wye/http.h"

namespace wye::sdk {

/// Whether a request may be sent a second time.
enum class Replay {
  freely,         ///< It may run twice without harm (RFC 9110 §9.2.2).
  if_it_not_ran,  ///< Only when nothing of it can have run.
  never,          ///< Its body is gone, or it is a raw fetch.
};

[[nodiscard]] Replay replay_of(const Request& request, bool is_raw_fetch);

}  // namespace wye::sdk
