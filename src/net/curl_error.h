#pragma once

#include <curl/curl.h>

#include "wye/error.h"

namespace wye::net {

/// What libcurl's failure means to a caller. `detail` is libcurl's own sentence, or "".
[[nodiscard]] Error error_of(CURLcode code, const char* detail, bool head_was_complete);
[[nodiscard]] Error timed_out();
[[nodiscard]] Error cancelled();

}  // namespace wye::net
