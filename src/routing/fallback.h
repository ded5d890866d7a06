#pragma once

#include <cstddef>
#include <string_view>

#include "wire/vm_calls.h"

namespace wye::routing {

/// Bytes of a 404's body that are read; a larger one is never a fallback.
inline constexpr std::size_t kMaxGoneBody = 64 * 1024;

/// Tells whether the control plane may answer the exact tail (no slashes around it, as it was encoded) once
/// its browser is gone: whether a row of the table of VM calls says so.
[[nodiscard]] bool is_fallback_eligible(std::string_view tail, const wire::VmCalls& calls = wire::vm_calls());

/// Tells whether the body of an answer to a direct request must be read: it is a 404 to a GET of a registered
/// tail.
[[nodiscard]] bool may_fall_back(std::string_view method, std::string_view tail, int status,
                                 const wire::VmCalls& calls = wire::vm_calls());

/// Tells whether a whole body is a JSON object whose `code` is the string `browser_gone`. Strict RFC 8259,
/// whatever Content-Type says.
[[nodiscard]] bool says_browser_gone(std::string_view body);

}  // namespace wye::routing
