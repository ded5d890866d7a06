#pragma once

#include <boost/json/array.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "wye/telemetry.h"

namespace wye::cli {

inline constexpr std::size_t kMaxIndexedText =
    512;  ///< Bytes of a text in the index; the event keeps the whole text.

/// Makes the row that the page reads without unpacking the event: `[seq, ts, type, truncated, field…]`.
/// `type` is an index into `indexed_types()`, and the fields are those of that type. A field that is absent
/// or has a wrong type is null. `picture` is the number under which the report keeps the event's screenshot.
[[nodiscard]] boost::json::array index_row(const TelemetryEnvelope& envelope,
                                           std::optional<std::int64_t> picture);

/// Returns `[{name, category, fields}]` for the page. The first entry has no name: it stands for types that
/// are unknown or come under another category, and holds type, category and a piece of the data.
[[nodiscard]] boost::json::array indexed_types();

}  // namespace wye::cli
