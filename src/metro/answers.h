#pragma once

#include <string_view>

#include "metro/leg_counters.h"
#include "net/http_message.h"

namespace wye::metro {

/// The metro's own answers (vm-api §3, in the order in which they are checked).
enum class OwnAnswer {
  invalid_jwt,
  browser_gone,
  session_ending,
  not_served,
  not_implemented,  ///< The API has it, this version has not. `own_answer` cannot name it.
  wrong_method,
  agent_not_ready,
  overloaded,  ///< No descriptor is left for a connection to the VM, or there is no room for an archive page.
  connection_lost,
  too_slow,
};

/// Returns an answer with `X-Wye-Source: gateway`. With `may_have_run` it tells clients not to send the
/// request again.
[[nodiscard]] net::Response own_answer(OwnAnswer answer, bool may_have_run = false);
[[nodiscard]] Reason reason_of(OwnAnswer answer);

}  // namespace wye::metro
