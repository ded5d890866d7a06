#pragma once

#include "vm/process/process.h"

namespace wye::vm {

/// Serves `GET process/{}/attach` (vm-api §9): a WebSocket to the terminal of a spawned process, one at a
/// time. It begins with what the process has written as far as that is kept, and ends with its exit. The
/// process waits for a client no longer than for any reader; the client's end leaves it running.
net::Task<> attach(boost::asio::io_context& io, std::shared_ptr<Process> process, net::Exchange& exchange);

/// Answers an attach that is refused.
[[nodiscard]] net::Response refused_attach(const Error& error);

}  // namespace wye::vm
