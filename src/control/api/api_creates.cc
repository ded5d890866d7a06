#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "control/api/api_server_impl.h"

// Creates take long and start processes, so they have turns of their own, and one whose client went away
// before the answer is undone: official clients send it again (wire-api §1).
namespace wye::control {

namespace asio = boost::asio;

/// One create, shared by the coroutine that answers it, the one that runs it, and its worker.
struct ApiServer::Impl::Create {
  Create(asio::io_context& io, ApiRequest asked, std::chrono::milliseconds within)
      : request(std::move(asked)), answer_by(std::chrono::steady_clock::now() + within), finished(io) {}
  const ApiRequest request;
  const std::chrono::steady_clock::time_point answer_by;
  std::string made;  // the session's id
  std::optional<net::Response> response;
  bool client_gone = false;
  net::Wakeup finished;
};

net::Task<> ApiServer::Impl::create(net::Exchange& exchange, ApiRequest asked, ByteBudget::Held held) {
  using namespace asio::experimental::awaitable_operators;
  const auto create = std::make_shared<Create>(io, std::move(asked), options.create_answer);
  std::function<Result<net::Response>()> check = [this, create]() -> Result<net::Response> {
    return browsers.check_create(create->request);
  };
  auto checked = co_await at_turn(records, create->request.key_id, std::move(check));
  if (!checked) co_return co_await answer(exchange, checked.error());
  if (checked->status != 204) co_return co_await answer(exchange, std::move(*checked));
  auto entered = co_await (creates.enter(create->request.key_id, held.bytes()) || exchange.client_gone());
  if (entered.index() == 1) co_return;
  auto& turn = std::get<0>(entered);
  if (!turn) co_return co_await answer(exchange, turn.error());
  asio::co_spawn(io, run_create(create, std::move(held), std::move(*turn)), asio::detached);
  while (!create->response && !create->client_gone) {
    auto either = co_await (create->finished.wait() || exchange.client_gone());
    if (either.index() == 1) create->client_gone = true;
  }
  if (create->response && !create->client_gone) co_await answer(exchange, std::move(*create->response));
}

net::Task<> ApiServer::Impl::run_create(std::shared_ptr<Create> create,
                                        [[maybe_unused]] ByteBudget::Held held, TurnQueue::Turn turn) {
  // Calls are named before they are awaited: g++ 12 destroys a closure converted inside an awaited expression
  // twice.
  std::function<Result<net::Response>()> make = [this, create]() -> Result<net::Response> {
    return browsers.create(create->request, &create->made, create->answer_by);
  };
  auto response = co_await workers.run(std::move(make));
  turn = TurnQueue::Turn();
  if (!create->client_gone) {
    create->response = response ? std::move(*response) : net::error_response(response.error());
    create->finished.notify();
    co_return;
  }
  if (create->made.empty()) co_return;
  ++creates_undone;
  log.info("client went away, create undone", {{"session", create->made}});
  // At once: who is to be undone waits for no turn.
  std::function<Result<std::string>()> undo = [this, create] { return browsers.begin_remove(create->made); };
  co_await workers.run(std::move(undo));
}

}  // namespace wye::control
