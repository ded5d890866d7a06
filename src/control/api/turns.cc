#include "control/api/turns.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace wye::control {

Turns::Turns(boost::asio::io_context& io, const TurnOptions& options, const Log& log)
    : io_(io),
      queues_{TurnQueue(io, options.records), TurnQueue(io, options.agents), TurnQueue(io, options.tests),
              TurnQueue(io, options.creates)},
      workers_(io, log,
               options.records.running + options.agents.running + options.tests.running +
                   options.creates.running) {}

net::Task<std::optional<Result<net::Response>>> Turns::answer(net::Exchange& exchange, TurnKind kind,
                                                              std::string key, std::size_t bytes,
                                                              std::function<Result<net::Response>()> call) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto entered = co_await (queue(kind).enter(std::move(key), bytes) || exchange.client_gone());
  if (entered.index() == 1) co_return std::nullopt;
  auto& turn = std::get<0>(entered);
  if (!turn) co_return Result<net::Response>(turn.error());
  auto response = co_await workers_.run(std::move(call));
  co_return std::move(response);
}

void Turns::close() {
  for (auto& queue : queues_) queue.close();
}

}  // namespace wye::control
