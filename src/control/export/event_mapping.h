#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "control/export/otlp.h"
#include "control/store/store.h"
#include "events/record.h"

namespace wye::control::otlp {

/// When that began whose end is a later event: requests and page loads. Bounded: the oldest are forgotten,
/// and what ends then has no span. To note a beginning again changes nothing, so events may come twice.
class SpanStarts {
 public:
  static constexpr std::size_t kMost = 16'384;
  void note(const std::string& key, std::int64_t time);
  [[nodiscard]] std::optional<std::int64_t> of(const std::string& key) const;

 private:
  std::unordered_map<std::string, std::int64_t> times_;
  std::deque<std::string> order_;
};

/// What a session is, for its resource: its id, name and tags.
[[nodiscard]] std::vector<Attribute> resource_of(const Session& session);

/// Adds an event's log record and, where it is the end of something that took time, its span. The same event
/// gives the same ids whenever it is mapped. False when the record cannot be read; then nothing is added.
bool add_event(const std::string& session, const events::Record& record, SpanStarts& starts,
               ResourceSignals& out);

/// The whole life of a session that is gone: the parent of all its spans.
[[nodiscard]] Span session_span(const Session& session);

}  // namespace wye::control::otlp
