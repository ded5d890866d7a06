#pragma once

#include "vm/chromium/browser.h"
#include "vm/curl/curl_service.h"
#include "vm/served_calls.h"

namespace wye::vm {

/// Registers requests through the user's Chromium (vm-api §5). All must outlive the calls.
void register_curl_calls(ServedCalls& calls, CurlService& curl, Browser& browser);

}  // namespace wye::vm
