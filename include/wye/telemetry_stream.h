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

/// Where a stream begins, which events it has, and whether it resumes (wire-api §3, routing-contract §5).
struct StreamOptions {
  std::optional<std::int64_t> last_event_id;  ///< Continues after this `seq`.
  bool replay_all = false;                    ///< Begins at the oldest retained event instead of now.
  /// Reopens the stream when the connection ends, after the last `seq` seen, and decides each time whether to
  /// go direct; a 404 then means that the session has ended. Events from before the first one seen cannot be
  /// recovered.
  bool auto_resume = false;
  int max_resumes = 10;  ///< In a row without an event, with growing pauses.
  /// The server sends only events of one of these categories (at most 32) and of one of these types (at most
  /// 64); an empty list selects all.
  std::vector<std::string> categories = {}, types = {};
};

/// A live telemetry stream that the caller reads. One thread at a time; copies are the same stream. The
/// connection closes with the last copy, or as soon as the call's `stop` is requested.
class TelemetryStream {
 public:
  class State;
  explicit TelemetryStream(std::shared_ptr<State> state) : state_(std::move(state)) {}

  /// Waits for the next event; nothing when the session has ended. Waits without limit; `stop` ends the wait
  /// (`cancelled`). Without `auto_resume`, a lost connection is `disconnected`; with it, the last error is
  /// returned once `max_resumes` is reached. After an error or the end, every further call returns the same.
  Result<std::optional<TelemetryEnvelope>> next();
  /// Returns how many events are known to be missed, including those missed while the stream was reopened:
  /// the gaps in `seq`; for a filtered stream, whose gaps mean nothing, the number that the server reports as
  /// dropped.
  [[nodiscard]] std::int64_t missed() const;
  /// Returns how the current or last connection was reached.
  [[nodiscard]] const RouteInfo& route() const;

  /// For `for (const auto& event : stream)`: each element is a Result; an error is the last one.
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
