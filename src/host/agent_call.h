#pragma once

#include "net/endpoint_client.h"

namespace wye::host {

/// A call to an agent from a thread that may block, with an event loop of its own.
[[nodiscard]] Result<net::Response> call_agent(const net::Endpoint& agent, net::EndpointRequest request);

}  // namespace wye::host
