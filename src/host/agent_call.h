#pragma once

#include "net/endpoint_client.h"

namespace wye::host {

/// Asks an agent and waits for the answer. For threads that may block: each call runs an event loop of its
/// own.
[[nodiscard]] Result<net::Response> call_agent(const net::Endpoint& agent, net::EndpointRequest request);

}  // namespace wye::host
