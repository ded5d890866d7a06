#pragma once

#include <string_view>

namespace wye::vm {

/// Returns Chromium's number for a network error's name ("ERR_CONNECTION_REFUSED" → −102); −2 (ERR_FAILED)
/// when the table lacks it. Source: Chromium's list of net errors, to which it only appends.
[[nodiscard]] int net_error_number(std::string_view name);

}  // namespace wye::vm
