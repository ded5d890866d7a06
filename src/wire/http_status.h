#pragma once

#include "wye/error.h"

// The one place that maps error kinds to HTTP and back.
namespace wye::wire {

/// Returns the HTTP status for an error: its own `status` when it has one.
[[nodiscard]] int http_status(const Error& error);
/// Returns the kind that a client gives to a non-2xx status.
[[nodiscard]] ErrorKind kind_of_status(int status);

}  // namespace wye::wire
