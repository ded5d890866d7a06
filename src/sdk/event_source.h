#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/sse_parser.h"
#include "sdk/client_core.h"

namespace wye::sdk {

/// Opens an answer of server-sent events. Any other status, and any other type than `text/event-stream`, is
/// an error.
[[nodiscard]] Result<ResponseStream> open_events(ClientCore& core, Request request, const CallOptions& call);

/// Returns the number in the comment `dropped N`; 0 for every other comment.
[[nodiscard]] std::int64_t dropped_by_server(std::string_view comment);
/// Adds without overflow: the server's numbers may be anything.
void add_dropped(std::int64_t& sum, std::int64_t count);

/// Returns the error for an event that is not what the API promises.
[[nodiscard]] Error bad_event(const Error& why);

/// Reads the events of one answer. One thread at a time.
class EventSource {
 public:
  explicit EventSource(ResponseStream stream) : stream_(std::move(stream)) {}
  /// Waits for the next event; nothing at the end of the answer. Comments are only counted.
  [[nodiscard]] Result<std::optional<net::SseEvent>> next();
  [[nodiscard]] std::int64_t dropped() const { return dropped_; }
  [[nodiscard]] const RouteInfo& route() const { return stream_.route(); }

 private:
  ResponseStream stream_;
  net::SseParser parser_;
  std::int64_t dropped_ = 0;
};

}  // namespace wye::sdk
