#pragma once

#include <string>

#include "net/exchange.h"
#include "vm/curl/curl_service.h"

namespace wye::vm {

/// What a handler did, for the `api_call` event.
struct CurlOutcome {
  int status = 0;
};

/// `POST curl` (wire-api §2): the target's whole answer as JSON, whatever its status.
net::Task<CurlOutcome> handle_curl(CurlService& service, net::Exchange& exchange);

/// `{any} curl/raw?url=…` (vm-api §5): the target's answer itself, streamed.
net::Task<CurlOutcome> handle_curl_raw(CurlService& service, net::Exchange& exchange);

}  // namespace wye::vm
