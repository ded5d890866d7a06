#pragma once

#include "vm/chromium/browser.h"

namespace wye::vm {

/// Serves `PATCH /display` (vm-api §17): the answer is what was set.
[[nodiscard]] net::Task<Result<net::Response>> resize_display(Browser& browser, std::string body);

}  // namespace wye::vm
