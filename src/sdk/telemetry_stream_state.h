#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/sse_parser.h"
#include "sdk/client_core.h"
#include "wye/telemetry_stream.h"

namespace wye::sdk {

/// Returns the session id where a name's route is known, else the name itself. What is read in several
/// requests must stay with one browser, and a name may pass to another.
[[nodiscard]] std::string pinned(ClientCore& core, const std::string& id_or_name);

}  // namespace wye::sdk

namespace wye {

/// One telemetry stream over as many connections as it takes.
class TelemetryStream::State {
 public:
  State(std::shared_ptr<ClientCore> core, std::string id_or_name, StreamOptions options, CallOptions call);

  Result<void> open();
  Result<std::optional<TelemetryEnvelope>> next();
  [[nodiscard]] std::int64_t missed() const { return missed_; }
  [[nodiscard]] const RouteInfo& route() const { return route_; }

 private:
  using Next = Result<std::optional<TelemetryEnvelope>>;
  [[nodiscard]] Result<Request> request() const;
  Result<bool> reopen(Error why);
  Next end_with(Next last);
  Next take(const net::SseEvent& event);
  [[nodiscard]] bool is_filtered() const { return !options_.categories.empty() || !options_.types.empty(); }
  [[nodiscard]] bool wants(const TelemetryEvent& event) const;

  const std::shared_ptr<ClientCore> core_;  // the stream may outlive the client it came from
  std::string id_or_name_;
  const StreamOptions options_;
  const CallOptions call_;
  std::optional<ResponseStream> stream_;
  RouteInfo route_;
  net::SseParser parser_;
  std::optional<std::int64_t> last_seq_;  // of the last event seen, or of the event behind which to go on
  bool has_seen_ = false;
  std::int64_t missed_ = 0;
  int resumes_ = 0;  // since the last event
  std::optional<Next> ended_;
};

}  // namespace wye
