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

/// Remembers the beginnings of requests and page loads until the events that end them. Bounded: the oldest
/// are forgotten, and their ends have no span. Noting a beginning twice changes nothing, so events may come
/// twice.
class SpanStarts {
 public:
  static constexpr std::size_t kMost = 16'384;
  void note(const std::string& key, std::int64_t time);
  [[nodiscard]] std::optional<std::int64_t> of(const std::string& key) const;

 private:
  std::unordered_map<std::string, std::int64_t> times_;
  std::deque<std::string> order_;
};

/// Returns the facts about a session for its resource: its id, name and tags.
[[nodiscard]] std::vector<Attribute> resource_of(const Session& session);

/// Adds an event's log record and, if it ends something, the span. The same event gets the same ids each
/// time. False when the record cannot be read; then nothing is added.
bool add_event(const std::string& session, const events::Record& record, SpanStarts& starts,
               ResourceSignals& out);

/// Returns the span of a gone session's whole life, the parent of all its spans.
[[nodiscard]] Span session_span(const Session& session);

}  // namespace wye::control::otlp
