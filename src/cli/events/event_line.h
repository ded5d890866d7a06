#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "wye/telemetry.h"

namespace wye::cli {

/// Text of a page's for a terminal: what a terminal would act on (escape sequences, line breaks, marks that
/// turn the direction of text around) is replaced, and it is cut at `limit` bytes.
[[nodiscard]] std::string plain_text(std::string_view text, std::size_t limit);

/// One line an event, for people: when, of which category, of which type, and what matters of it. Remembers
/// requests for a while, so that a response's line says how long it took.
class EventLines {
 public:
  static constexpr std::size_t kRequestsKept = 4096;

  explicit EventLines(bool colours) : colours_(colours) {}
  /// Without a line break.
  [[nodiscard]] std::string line(const TelemetryEnvelope& envelope);

 private:
  [[nodiscard]] std::string essence(const TelemetryEvent& event);
  [[nodiscard]] std::string response(const TelemetryEvent& event, const boost::json::object& data);
  void remember(const std::string& request, std::int64_t ts);
  [[nodiscard]] std::string paint(const char* code, std::string_view text) const;

  const bool colours_;
  std::map<std::string, std::int64_t> begun_;
  std::deque<std::string> order_;  // of begun_, oldest first
};

}  // namespace wye::cli
