#pragma once

#include "vm/cdp/cdp_relay.h"
#include "vm/chromium/browser.h"
#include "vm/curl/curl_service.h"
#include "vm/served_calls.h"

namespace wye::vm {

/// Registers Chromium's DevTools for clients: sockets and `/json…` (vm-api §15), with the paths of the agent
/// and those of the metro. All must outlive the calls.
void register_cdp_calls(ServedCalls& calls, boost::asio::io_context& io, CdpRelay& relay, Browser& browser,
                        CurlService& curl);

}  // namespace wye::vm
