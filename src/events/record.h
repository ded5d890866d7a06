#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wye::events {

/// One telemetry event as it is stored and sent: the fields that paging and filters need, and the envelope's
/// JSON text, which is made once and never changed.
struct Record {
  std::int64_t seq = 0;  ///< ≥ 1, strictly rising within a session.
  std::int64_t ts = 0;   ///< Microseconds since the epoch; never falls within a session.
  std::string category;
  std::string type;
  std::string json;  ///< `{"seq":…,"event":{…}}`, at most 1 MiB.
};

/// Tells whether a type or category may have this name: 1 to 64 letters, digits, '_', '.' or '-'.
[[nodiscard]] bool is_event_name(std::string_view text);

}  // namespace wye::events
