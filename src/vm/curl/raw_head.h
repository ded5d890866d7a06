#pragma once

#include "vm/curl/curl_job.h"

namespace wye::vm {

/// Makes the head of a curl/raw answer. Chromium accepts more from a target than HTTP/1.1 clients accept from
/// the agent: a status outside of 100 to 599, more fields, more bytes. Such an answer becomes a 502 that says
/// so, because a silently shortened head would mislead. Single fields that cannot be sent (control characters
/// in a value) are named in `X-Wye-Left-Out`. Pure.
[[nodiscard]] Result<net::Headers> raw_head(const CurlHead& head);

}  // namespace wye::vm
