#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "net/exchange.h"
#include "vm/curl/curl_service.h"

namespace wye::vm {

/// The Chromium that the service runs in, which may end and be followed by another.
struct CurlBrowser {
  std::function<std::uint64_t()> generation;
  /// Tells whether that Chromium has ended; waits until it is known.
  std::function<net::Task<bool>(std::uint64_t generation)> has_ended;
  /// Tells whether a Chromium is ready within that time.
  std::function<net::Task<bool>(std::chrono::steady_clock::duration limit)> wait_ready;
};

/// Serves `POST curl` (wire-api §2): the target's whole answer as JSON, whatever its status.
net::Task<> handle_curl(CurlService& service, const CurlBrowser& browser, net::Exchange& exchange);

/// Serves `{any} curl/raw?url=…` (vm-api §5): the target's answer itself, streamed.
net::Task<> handle_curl_raw(CurlService& service, const CurlBrowser& browser, net::Exchange& exchange);

}  // namespace wye::vm
