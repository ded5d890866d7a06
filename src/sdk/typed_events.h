#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "base/try.h"
#include "sdk/event_source.h"
#include "wye/event_stream.h"

namespace wye::sdk {

/// What a stream's events mean.
template <class T>
struct EventRules {
  /// Reads an event; nothing for one that a later version of the API may know.
  Result<std::optional<T>> (*read)(const std::string& data) = nullptr;
  /// Tells whether an event ends the stream, which is cut off when it ends without one. Absent: it ends where
  /// its answer ends.
  bool (*is_last)(const T& event) = nullptr;
};

/// The events of one answer, as values.
template <class T>
class TypedEvents final : public EventStream<T>::Source {
 public:
  TypedEvents(std::shared_ptr<ClientCore> core, ResponseStream stream, EventRules<T> rules)
      : core_(std::move(core)), route_(stream.route()), rules_(rules) {
    source_.emplace(std::move(stream));
  }

  Result<std::optional<T>> next() override {
    if (ended_) return *ended_;
    auto event = read();
    const bool is_over = !event || !*event || (rules_.is_last != nullptr && rules_.is_last(**event));
    if (is_over) {
      ended_ = event ? Next(std::optional<T>()) : event;
      dropped_ = source_->dropped();
      source_.reset();  // the connection has nothing more to say
    }
    return event;
  }
  [[nodiscard]] std::int64_t dropped() const override { return source_ ? source_->dropped() : dropped_; }
  [[nodiscard]] const RouteInfo& route() const override { return route_; }

 private:
  using Next = Result<std::optional<T>>;

  Next read() {
    for (;;) {
      WYE_TRY(const auto event, source_->next());
      if (!event && rules_.is_last == nullptr) return std::optional<T>();
      if (!event)
        return Error{.kind = ErrorKind::disconnected,
                     .code = "stream_ended",
                     .message = "the server ended the stream before its last event"};
      auto value = rules_.read(event->data);
      if (!value) return bad_event(value.error());
      if (*value) return value;
    }
  }

  const std::shared_ptr<ClientCore> core_;  // the stream may outlive the client it came from
  const RouteInfo route_;
  const EventRules<T> rules_;
  std::optional<EventSource> source_;
  std::int64_t dropped_ = 0;
  std::optional<Next> ended_;
};

/// Opens a stream of T.
template <class T>
[[nodiscard]] Result<EventStream<T>> open_stream(const std::shared_ptr<ClientCore>& core, std::string path,
                                                 EventRules<T> rules, const CallOptions& call) {
  WYE_TRY(auto opened, open_events(*core, {.method = "GET", .path = std::move(path)}, call));
  return EventStream<T>(std::make_unique<TypedEvents<T>>(core, std::move(opened), rules));
}

}  // namespace wye::sdk
