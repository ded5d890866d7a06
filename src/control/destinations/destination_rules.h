#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/store/export_store.h"
#include "wye/result.h"

namespace wye::control {

inline constexpr std::int64_t kMaxDestinations = 100;

/// Reads a create's or an update's body into a destination. Its headers replace the earlier ones; a value of
/// "" keeps the stored one, since values are shown as "". Errors name the field and quote no header's value.
[[nodiscard]] Result<void> read_destination_body(std::string_view body, bool private_allowed,
                                                 Destination& over);

}  // namespace wye::control
