#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "net/routes.h"
#include "vm/agent_exchange.h"
#include "vm/telemetry/telemetry_hub.h"

namespace wye::vm {

/// The calls that this agent serves. A module registers each by its operation; the table of VM calls
/// (wire/vm_calls.h) has its method, its path and what telemetry records about it. Registration ends with the
/// first request; one io_context.
class ServedCalls {
 public:
  static constexpr std::size_t kMaxJsonBody = 8u << 20;  // vm-api §7

  using Routes = net::Routes<>;
  using BodyHandler = std::function<net::Task<Result<net::Response>>(std::string body)>;

  /// `telemetry` must outlive it.
  explicit ServedCalls(TelemetryHub& telemetry);

  /// Answers with a function of the request's head.
  void answer(std::string_view operation, Routes::AnswerHandler handler);
  /// Answers after a wait.
  void task(std::string_view operation, Routes::AnswerTask handler);
  /// Answers with the body read as a whole, of at most `kMaxJsonBody`; a larger one is 413.
  void with_body(std::string_view operation, BodyHandler handler);
  /// Leaves the answer to the handler, for streams and sockets.
  void exchange(std::string_view operation, Routes::ExchangeHandler handler);

  /// Tells whether a request would reach a handler.
  [[nodiscard]] bool serves(std::string_view method, std::string_view path) const;

  /// Answers the request in every case: 501 for a call of the API that is not implemented here, 404 for a
  /// path that is no call.
  net::Task<> serve(net::Exchange& exchange);

 private:
  struct Place {
    std::string method, pattern;
  };
  /// Returns the place that the operation's row names. Throws `std::logic_error` for an operation without a
  /// row: operations are our own names.
  static Place place_of(std::string_view operation);
  void tell(const AgentExchange& exchange, std::chrono::steady_clock::time_point began);

  TelemetryHub& telemetry_;
  Routes routes_;
};

/// 404 for a path of ours that has nothing for this request.
[[nodiscard]] Error no_such_path();
/// 503 while Chromium starts.
[[nodiscard]] Error browser_starting();

}  // namespace wye::vm
