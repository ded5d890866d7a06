#pragma once

#include <cstdint>
#include <string_view>

namespace wye::events {

/// Tells whether a record's text is an envelope with that `seq`: JSON that `wire::parse_json` accepts, an
/// object whose `event` is an object. Builds no tree, because every record of every session passes here.
[[nodiscard]] bool is_envelope(std::string_view json, std::int64_t seq);

}  // namespace wye::events
