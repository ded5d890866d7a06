#pragma once

#include "wye/error.h"

// The one place that maps error kinds to HTTP and back.
namespace wye::wire {

/// The status an error is answered with: its own `status` when it has one.
[[nodiscard]] int http_status(const Error& error);
/// The kind that a non-2xx status means to a client.
[[nodiscard]] ErrorKind kind_of_status(int status);

}  // namespace wye::wire
