#pragma once

#include <memory>

#include "vm/cdp/cdp_pipe.h"

namespace wye::vm {

/// Gives every window of the running Chromium this size, its frame included (CSS pixels). Windows opened
/// later follow the last one.
net::Task<Result<void>> set_window_sizes(std::shared_ptr<CdpPipe> pipe, int width, int height);

}  // namespace wye::vm
