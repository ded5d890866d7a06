#pragma once

#include <boost/asio/io_context.hpp>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "vm/logs/service_log.h"

namespace wye::vm {

/// Reads a pipe into a log until its writers have ended; writers never wait. All must outlive the
/// io_context's run.
void read_output(boost::asio::io_context& io, const Clock& clock, UniqueFd pipe, ServiceLog& log);

}  // namespace wye::vm
