#pragma once

#include <string>

#include "vm/curl/cdp_channel.h"

namespace wye::vm {

/// Writes the small extension whose page fetches for curl, and has Chromium load it; the page's address.
/// Whoever made the directory must let Chromium read it.
net::Task<Result<std::string>> load_curl_extension(std::shared_ptr<CdpChannel> channel,
                                                   std::string directory);

}  // namespace wye::vm
