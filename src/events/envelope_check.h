#pragma once

#include <cstdint>
#include <string_view>

namespace wye::events {

/// Whether a record's text is an envelope of that `seq`: JSON as `wire::parse_json` takes it, an object whose
/// `event` is an object. Keeps nothing of what it reads: every record of every session passes here.
[[nodiscard]] bool is_envelope(std::string_view json, std::int64_t seq);

}  // namespace wye::events
