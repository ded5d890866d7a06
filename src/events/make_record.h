#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "events/record.h"
#include "wye/telemetry.h"

namespace wye::events {

inline constexpr std::size_t kMaxRecordBytes = 1u << 20;  ///< Envelope text, wire-api §3.
inline constexpr std::size_t kMaxCapturedString =
    8192;  ///< vm-api §8; longer ones are cut when a record must shrink.

/// Serialises the envelope. One that would reach 1 MiB loses text from its data's strings, then its data, and
/// says so by `truncated`.
[[nodiscard]] Record make_record(std::int64_t seq, TelemetryEvent event);

/// The same from JSON texts of the source and the data, which must be objects; for many events a second.
[[nodiscard]] Record make_record_text(std::int64_t seq, std::int64_t ts, std::string_view type,
                                      std::string_view category, std::string_view source,
                                      std::string_view data);

/// The text cut to `kMaxCapturedString` bytes at a character's edge, with `...[truncated]` behind it when it
/// was longer.
[[nodiscard]] std::string cut_text(std::string_view text, std::size_t limit = kMaxCapturedString);

}  // namespace wye::events
