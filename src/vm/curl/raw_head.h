#pragma once

#include "vm/curl/curl_job.h"

namespace wye::vm {

/// The head with which curl/raw answers. Chromium takes more from a target than HTTP/1.1 servers and clients
/// take from us: a status outside of 100 to 599, more fields, more bytes. That is a 502 which says so, since
/// what is left out of a head unsaid would be missed. Single fields that cannot be sent (control characters
/// in a value) are named in `X-Wye-Left-Out`. Pure.
[[nodiscard]] Result<net::Headers> raw_head(const CurlHead& head);

}  // namespace wye::vm
