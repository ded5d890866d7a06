#pragma once

#include <string_view>

namespace wye::vm {

/// Chromium's number for the name of a network error ("ERR_CONNECTION_REFUSED" → −102); −2 (ERR_FAILED) for
/// one that is not in the table. Source: Chromium's list of net errors, which is append-only.
[[nodiscard]] int net_error_number(std::string_view name);

}  // namespace wye::vm
