#pragma once

#include <chrono>
#include <string>

#include "wye/result.h"

namespace wye::cli {

/// Parses `90s`, `30m`, `24h`, `7d` or `0`: whole numbers, up to ten years.
[[nodiscard]] Result<std::chrono::seconds> parse_duration(const std::string& text);

}  // namespace wye::cli
