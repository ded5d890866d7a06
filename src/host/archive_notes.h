#pragma once

#include <cstdint>
#include <string>

#include "events/lost_tail.h"
#include "events/record.h"

namespace wye::host {

// What the archive says of itself, as events in the place of those that it lacks.

/// From here on there was no room for the session's telemetry.
[[nodiscard]] events::Record stopped_record(std::int64_t seq, std::int64_t ts);
/// So many had no room, the one whose place this takes among them.
[[nodiscard]] events::Record dropped_record(std::int64_t seq, std::int64_t ts, std::int64_t dropped);
/// So many bytes of the spool were no records.
[[nodiscard]] events::Record damaged_record(std::int64_t seq, std::int64_t ts, std::int64_t lost_bytes);

/// Where the event of an incomplete archive stands behind the last one archived: readers who were live may
/// know events that are in no archive.
inline constexpr std::int64_t kBehindLost = events::kLostTail;
/// The end of the session's telemetry was lost before it was archived.
[[nodiscard]] events::Record incomplete_record(std::int64_t ts, std::int64_t last_seq,
                                               std::int64_t last_contact, const std::string& reason);

}  // namespace wye::host
