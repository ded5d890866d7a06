#pragma once

#include "vm/process/process.h"

namespace wye::vm {

/// Serves `GET process/{}/stdout/stream` (vm-api §9): what the process has written as far as it is kept, then
/// what it writes, then its exit. A reader that was too slow sees the comment `: dropped N`.
net::Task<> stream_output(std::shared_ptr<Process> process, net::Exchange& exchange);

}  // namespace wye::vm
