#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "wye/client.h"

namespace wye::cli {

inline constexpr std::size_t kMaxEventLine = 8u << 20;  ///< A line of a file; a record is below 1 MiB.

/// Takes an event; returns false to end the reading.
using EventTaker = std::function<Result<bool>(TelemetryEnvelope)>;

/// Reads the session's events up to the newest at the time of the call, so that reading a busy browser ends.
Result<void> read_session(const Client& client, const std::string& session_id, const EventsQuery& query,
                          const EventTaker& take);

struct FileReading {
  std::size_t damaged_lines = 0;  ///< Lines that are no event; they are left out.
  std::size_t first_damaged = 0;  ///< The number of the first one, from 1.
  std::string why;                ///< What is wrong with the first one.
};

/// Reads the envelopes of a file, one a line, as `wye telemetry events -o json` prints them; `-` is standard
/// input. Counts and skips lines that are no envelope, such as a last line that was cut. `not_in_order` when
/// `seq` does not rise.
Result<FileReading> read_file(const std::string& path, const EventTaker& take);

}  // namespace wye::cli
