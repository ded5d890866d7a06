#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "wye/http.h"
#include "wye/result.h"

namespace wye {

/// Events of one answer, which the caller pulls; nothing is read ahead of the caller but what one read of the
/// connection brings, and an event has at most 4 MiB (`event_too_large` beyond). One thread at a time.
/// Destroying it closes the connection; the call's `stop` does so at once.
template <class T>
class EventStream {
 public:
  /// The source of the events.
  class Source {
   public:
    virtual ~Source() = default;
    virtual Result<std::optional<T>> next() = 0;               ///< See EventStream::next.
    [[nodiscard]] virtual std::int64_t dropped() const = 0;    ///< See EventStream::dropped.
    [[nodiscard]] virtual const RouteInfo& route() const = 0;  ///< See EventStream::route.
  };
  explicit EventStream(std::unique_ptr<Source> source) : source_(std::move(source)) {}

  /// Waits for the next event, without limit; nothing at the end. A lost connection is `disconnected`, a
  /// requested `stop` `cancelled`. After an error or the end, every further call returns the same.
  Result<std::optional<T>> next() { return source_->next(); }
  /// Returns how much the server says it has left out because it was read too slowly: bytes of a process,
  /// events of others.
  [[nodiscard]] std::int64_t dropped() const { return source_->dropped(); }
  [[nodiscard]] const RouteInfo& route() const { return source_->route(); }  ///< How it was reached.

  /// For `for (const auto& event : stream)`: each element is a Result; an error is the last one.
  class Iterator {
   public:
    using value_type = Result<T>;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;
    using pointer = const value_type*;
    using reference = const value_type&;
    Iterator() = default;
    explicit Iterator(EventStream* stream) : stream_(stream) { ++*this; }
    reference operator*() const { return *item_; }
    pointer operator->() const { return &*item_; }
    Iterator& operator++() {
      const bool was_last = item_ && !*item_;
      item_.reset();
      if (!was_last) {
        auto next = stream_->next();
        if (!next)
          item_.emplace(next.error());
        else if (*next)
          item_.emplace(std::move(**next));
      }
      if (!item_) stream_ = nullptr;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.stream_ == b.stream_; }
    friend bool operator!=(const Iterator& a, const Iterator& b) { return !(a == b); }

   private:
    EventStream* stream_ = nullptr;
    std::optional<value_type> item_;
  };
  Iterator begin() { return Iterator(this); }
  Iterator end() { return {}; }

 private:
  std::unique_ptr<Source> source_;
};

}  // namespace wye
