#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "events/record.h"
#include "wye/telemetry.h"

namespace wye::events {

inline constexpr std::size_t kMaxRecordBytes = 1u << 20;  ///< Of the envelope's text, wire-api §3.
inline constexpr std::size_t kMaxCapturedString =
    8192;  ///< vm-api §8; longer ones are cut when a record must shrink.

/// Serialises the envelope. When it would reach 1 MiB, the strings in its data are cut, then the data is
/// dropped, and `truncated` is set.
[[nodiscard]] Record make_record(std::int64_t seq, TelemetryEvent event);

/// Does the same from the JSON texts of source and data, which must be objects. For many events a second.
[[nodiscard]] Record make_record_text(std::int64_t seq, std::int64_t ts, std::string_view type,
                                      std::string_view category, std::string_view source,
                                      std::string_view data);

/// Cuts the text to `kMaxCapturedString` bytes, between characters, and appends `...[truncated]` when it was
/// longer.
[[nodiscard]] std::string cut_text(std::string_view text, std::size_t limit = kMaxCapturedString);

}  // namespace wye::events
