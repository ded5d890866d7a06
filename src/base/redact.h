#pragma once

#include <string>
#include <string_view>

namespace wye {

/// Replaces text that looks like a secret with `[redacted]`: values of `jwt=`, `Bearer` credentials, API keys
/// (`sk_…`) and everything shaped like a JWT. Every log line and error text passes through it.
[[nodiscard]] std::string redact(std::string_view text);

}  // namespace wye
