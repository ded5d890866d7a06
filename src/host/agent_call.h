#pragma once

#include <string>

#include "net/unix_client.h"

namespace wye::host {

/// A call to an agent from a thread that may block, with an event loop of its own.
[[nodiscard]] Result<net::Response> call_agent(const std::string& socket, net::UnixRequest request);

}  // namespace wye::host
