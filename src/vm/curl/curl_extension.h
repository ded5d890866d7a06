#pragma once

#include <string>

#include "vm/curl/cdp_channel.h"

namespace wye::vm {

/// Writes the extension whose page fetches for curl and has Chromium load it; returns the page's address. The
/// caller makes the directory readable for Chromium.
net::Task<Result<std::string>> load_curl_extension(std::shared_ptr<CdpChannel> channel,
                                                   std::string directory);

}  // namespace wye::vm
