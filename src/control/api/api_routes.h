#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_budget.h"
#include "control/api/answers.h"
#include "control/api/api_request.h"
#include "control/api/turns.h"
#include "net/routes.h"

namespace wye::control {

/// Who sent a request.
struct ApiCaller {
  std::string key_id;
};

/// The control plane's routes, and what their handlers share. Patterns are those of `net::PathPattern`,
/// without `/v<number>`, which may stand in front of each path. One io_context.
class ApiRoutes {
 public:
  /// Runs on a worker and may block.
  using Call = std::function<Result<net::Response>(const ApiRequest&)>;
  using Task = net::Routes<const ApiCaller&>::AnswerTask;
  using Conversation = net::Routes<const ApiCaller&>::ExchangeHandler;

  /// The arguments must outlive the routes.
  ApiRoutes(Turns& turns, Answers& answers, ByteBudget& bodies);

  /// Adds a call that may block; the request's body is read before it.
  void add(std::string_view method, std::string_view pattern, Call call, TurnKind kind = TurnKind::records);
  /// Adds a call that waits without a worker.
  void add_task(std::string_view method, std::string_view pattern, Task task);
  /// Adds a call that answers the exchange itself.
  void add_exchange(std::string_view method, std::string_view pattern, Conversation conversation);

  /// Answers the exchange. Returns false, and answers nothing, when there is no such path.
  net::Task<bool> serve(net::Exchange& exchange, std::string_view path, const ApiCaller& caller) const;

  /// Reads the body of a request for a call. Its bytes are held with `held`.
  net::Task<Result<ApiRequest>> read(net::Exchange& exchange, const net::PathParameters& parameters,
                                     const ApiCaller& caller, ByteBudget::Held& held) const;
  [[nodiscard]] Turns& turns() { return turns_; }
  [[nodiscard]] Answers& answers() { return answers_; }
  [[nodiscard]] ByteBudget& bodies() { return bodies_; }

 private:
  net::Task<> call_at_turn(net::Exchange& exchange, const net::PathParameters& parameters,
                           const ApiCaller& caller, const Call& call, TurnKind kind) const;

  Turns& turns_;
  Answers& answers_;
  ByteBudget& bodies_;
  net::Routes<const ApiCaller&> routes_;
};

}  // namespace wye::control
