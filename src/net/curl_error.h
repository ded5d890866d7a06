#pragma once

#include <curl/curl.h>

#include "wye/error.h"

namespace wye::net {

/// Returns the error that a failure of libcurl means. `detail` is libcurl's own sentence, or "".
[[nodiscard]] Error error_of(CURLcode code, const char* detail, bool head_was_complete);
[[nodiscard]] Error timed_out();
[[nodiscard]] Error cancelled();

}  // namespace wye::net
