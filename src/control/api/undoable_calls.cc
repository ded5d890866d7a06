#include "control/api/undoable_calls.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

namespace wye::control {

namespace asio = boost::asio;

/// One call, shared by the coroutine that answers it, the one that runs it, and its worker.
struct UndoableCalls::Call {
  Call(asio::io_context& io, Make what) : make(std::move(what)), finished(io) {}
  const Make make;
  std::optional<Result<net::Response>> response;
  bool client_gone = false;
  net::Wakeup finished;
};

net::Task<std::optional<Result<net::Response>>> UndoableCalls::run(net::Exchange& exchange, std::string key,
                                                                   ByteBudget::Held held, Make make) {
  using namespace asio::experimental::awaitable_operators;
  const auto call = std::make_shared<Call>(turns_.io(), std::move(make));
  auto entered = co_await (turns_.queue(kind_).enter(std::move(key), held.bytes()) || exchange.client_gone());
  if (entered.index() == 1) co_return std::nullopt;
  auto& turn = std::get<0>(entered);
  if (!turn) co_return Result<net::Response>(turn.error());
  asio::co_spawn(turns_.io(), finish(call, std::move(held), std::move(*turn)), asio::detached);
  while (!call->response && !call->client_gone) {
    auto either = co_await (call->finished.wait() || exchange.client_gone());
    if (either.index() == 1) call->client_gone = true;
  }
  if (call->client_gone) co_return std::nullopt;
  co_return std::move(call->response);
}

net::Task<> UndoableCalls::finish(std::shared_ptr<Call> call, [[maybe_unused]] ByteBudget::Held held,
                                  TurnQueue::Turn turn) {
  // Calls are named before they are awaited: g++ 12 destroys a closure converted inside an awaited expression
  // twice.
  std::function<Result<Made>()> make = [call] { return call->make(); };
  auto made = co_await turns_.workers().run(std::move(make));
  turn = TurnQueue::Turn();
  if (!call->client_gone) {
    if (made)
      call->response.emplace(std::move(made->response));
    else
      call->response.emplace(made.error());
    call->finished.notify();
    co_return;
  }
  if (!made) co_return;
  ++undone_;
  // Undoes at once, without waiting for a turn.
  std::function<Result<bool>()> undo = [undo = std::move(made->undo)]() -> Result<bool> {
    undo();
    return true;
  };
  co_await turns_.workers().run(std::move(undo));
}

}  // namespace wye::control
