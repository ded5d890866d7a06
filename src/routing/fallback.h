#pragma once

#include <cstddef>
#include <string_view>

#include "wire/vm_calls.h"

namespace wye::routing {

/// Bytes of a 404's body that are read; a larger one is never a fallback.
inline constexpr std::size_t kMaxGoneBody = 64 * 1024;

/// Whether the control plane may answer the exact tail (no slashes around it, as it was encoded) once its
/// browser is gone: the rows of the table of VM calls that say so.
[[nodiscard]] bool is_fallback_eligible(std::string_view tail, const wire::VmCalls& calls = wire::vm_calls());

/// Whether an answer to a direct request is one whose body must be looked at: a 404 to a GET of a registered
/// tail.
[[nodiscard]] bool may_fall_back(std::string_view method, std::string_view tail, int status,
                                 const wire::VmCalls& calls = wire::vm_calls());

/// Whether a whole body is a JSON object whose `code` is the string `browser_gone`. Strict RFC 8259, whatever
/// Content-Type says.
[[nodiscard]] bool says_browser_gone(std::string_view body);

}  // namespace wye::routing
