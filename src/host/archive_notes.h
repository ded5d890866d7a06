#pragma once

#include <cstdint>
#include <string>

#include "events/lost_tail.h"
#include "events/record.h"

namespace wye::host {

// Events that the archive writes about itself, in the place of those that it lacks.

/// Says that from here on there was no room for the session's telemetry.
[[nodiscard]] events::Record stopped_record(std::int64_t seq, std::int64_t ts);
/// Says how many records had no room; the record that it replaces is one of them.
[[nodiscard]] events::Record dropped_record(std::int64_t seq, std::int64_t ts, std::int64_t dropped);
/// Says how many bytes of the spool were no records.
[[nodiscard]] events::Record damaged_record(std::int64_t seq, std::int64_t ts, std::int64_t lost_bytes);

/// How far the event of an incomplete archive stands behind the last one archived. Readers who were live may
/// know events in between that are in no archive.
inline constexpr std::int64_t kBehindLost = events::kLostTail;
/// Says that the end of the session's telemetry was lost before it was archived.
[[nodiscard]] events::Record incomplete_record(std::int64_t ts, std::int64_t last_seq,
                                               std::int64_t last_contact, const std::string& reason);

}  // namespace wye::host
