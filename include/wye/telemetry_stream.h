#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "wye/http.h"
#include "wye/result.h"
#include "wye/telemetry.h"

namespace wye {

/// Where a stream begins, what it holds, and whether it resumes.
struct StreamOptions {
  std::optional<std::int64_t> last_event_id;  ///< Go on behind this `seq`.
  bool replay_all = false;                    ///< Begin at the oldest retained event instead of now.
  /// Reopen when the connection ends, behind the last `seq` seen, deciding each time whether to go
  /// direct; a 404 then means that the session ended. What happened before the first event was seen cannot be
  /// asked for again.
  bool auto_resume = false;
  int max_resumes = 10;  ///< In a row without an event, with growing pauses.
  /// Only events of one of these, chosen by the server; empty = all. Both together narrow further.
  std::vector<std::string> categories = {}, types = {};
};

/// A live telemetry stream, pulled. One thread at a time; copies are the same stream. The connection closes
/// with the last copy, or as soon as the call's `stop` is asked for.
class TelemetryStream {
 public:
  class State;
  explicit TelemetryStream(std::shared_ptr<State> state) : state_(std::move(state)) {}

  /// The next event; nothing when the session ended. Waits without limit: `stop` ends it (`cancelled`).
  /// Without `auto_resume` a lost connection is `disconnected`; with it, the last error once `max_resumes` is
  /// reached. After an error or the end, every further call says the same.
  Result<std::optional<TelemetryEnvelope>> next();
  /// Events known to have been missed, also while it was reopened: gaps in `seq`; of a filtered stream, whose
  /// gaps say nothing, what the server says it dropped.
  [[nodiscard]] std::int64_t missed() const;
  /// How the connection that is open now, or was last, was reached.
  [[nodiscard]] const RouteInfo& route() const;

  /// `for (const auto& event : stream)`: each a Result; an error is the last one.
  class Iterator {
   public:
    using value_type = Result<TelemetryEnvelope>;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using pointer = const value_type*;
    using reference = const value_type&;
    Iterator() = default;
    explicit Iterator(TelemetryStream* stream) : stream_(stream) { ++*this; }
    reference operator*() const { return *item_; }
    pointer operator->() const { return &*item_; }
    Iterator& operator++();
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.stream_ == b.stream_; }
    friend bool operator!=(const Iterator& a, const Iterator& b) { return !(a == b); }

   private:
    TelemetryStream* stream_ = nullptr;
    std::optional<value_type> item_;
  };
  Iterator begin() { return Iterator(this); }
  Iterator end() { return {}; }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace wye
