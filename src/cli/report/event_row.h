#pragma once

#include <boost/json/array.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "wye/telemetry.h"

namespace wye::cli {

inline constexpr std::size_t kMaxIndexedText =
    512;  ///< Bytes of a text in the index; the event keeps all of it.

/// What the page needs of an event without unpacking it: `[seq, ts, type, truncated, field…]`, where `type`
/// is a place in `indexed_types()` and the fields are that type's. A field that is absent or of a wrong type
/// is null. `picture` is the number under which the report keeps the event's screenshot.
[[nodiscard]] boost::json::array index_row(const TelemetryEnvelope& envelope,
                                           std::optional<std::int64_t> picture);

/// `[{name, category, fields}]` as the page reads it. The first has no name: it is for every type that is not
/// known or comes under another category, and tells type, category and a piece of the data.
[[nodiscard]] boost::json::array indexed_types();

}  // namespace wye::cli
