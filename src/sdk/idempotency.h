#pragma once

#include "wire/vm_calls.h"
#include "wye/http.h"

namespace wye::sdk {

/// Whether a request may be sent a second time.
enum class Replay {
  freely,         ///< It may run twice without harm (RFC 9110 §9.2.2).
  if_it_not_ran,  ///< Only when nothing of it can have run.
  never,          ///< Its body is gone, or it is a raw fetch.
};

/// `vm_call` is the table's row of a call to a browser, null for other requests: a few calls do twice what
/// their method promises to do once, such as `PUT fs/move`.
[[nodiscard]] Replay replay_of(const Request& request, const wire::VmCall* vm_call);

}  // namespace wye::sdk
