#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "wye/telemetry.h"

namespace wye::cli {

/// Makes a page's text safe for a terminal: replaces escape sequences, line breaks and marks that change the
/// direction of text, and cuts it at `limit` bytes.
[[nodiscard]] std::string plain_text(std::string_view text, std::size_t limit);

/// Writes an event as one line for people: time, category, type, and its main fields. Remembers requests for
/// a while, so that the line of a response says how long it took.
class EventLines {
 public:
  static constexpr std::size_t kRequestsKept = 4096;

  explicit EventLines(bool colours) : colours_(colours) {}
  /// The line has no line break.
  [[nodiscard]] std::string line(const TelemetryEnvelope& envelope);

 private:
  [[nodiscard]] std::string essence(const TelemetryEvent& event);
  [[nodiscard]] std::string response(const TelemetryEvent& event, const boost::json::object& data);
  void remember(const std::string& request, std::int64_t ts);
  [[nodiscard]] std::string paint(const char* code, std::string_view text) const;

  const bool colours_;
  std::map<std::string, std::int64_t> begun_;
  std::deque<std::string> order_;  // keys of begun_, oldest first
};

}  // namespace wye::cli
