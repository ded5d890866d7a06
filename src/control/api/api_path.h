#pragma once

#include <string_view>

#include "wye/error.h"

namespace wye::control {

/// Returns a path without the `/v<number>` that may stand in front (wire-api §1). Pure.
[[nodiscard]] std::string_view without_version(std::string_view path);

/// Returns the error for a path that has no route: 501 when the API has it and this server has not, else 404.
/// Pure.
[[nodiscard]] Error not_served(std::string_view path);

}  // namespace wye::control
