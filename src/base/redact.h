#pragma once

#include <string>
#include <string_view>

namespace wye {

/// The text without what looks like a secret of ours: values of `jwt=`, `Bearer` credentials, API keys
/// (`sk_…`), and anything of a JWT's shape become `[redacted]`. Everything that is logged or put into an
/// error goes through it.
[[nodiscard]] std::string redact(std::string_view text);

}  // namespace wye
