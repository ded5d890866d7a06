#include "control/browsers/browser_routes.h"

#include "control/api/api_routes.h"
#include "control/api/called_back.h"

namespace wye::control {

void BrowserRoutes::add_routes(ApiRoutes& api) {
  const std::string all = "/browsers", one = "/browsers/{}";
  api.add("GET", all, [this](const ApiRequest& request) { return browsers_.list(request); });
  api.add("GET", one, [this](const ApiRequest& request) { return browsers_.get(request); });
  api.add(
      "PATCH", one, [this](const ApiRequest& request) { return browsers_.update(request); },
      TurnKind::agents);
  api.add_exchange(
      "POST", all,
      [this, &api](net::Exchange& exchange, const net::PathParameters& parameters, const ApiCaller& caller) {
        return create(api, exchange, parameters, caller);
      });
  api.add_task("DELETE", one,
               [this, &api](net::Exchange&, const net::PathParameters& parameters, const ApiCaller& caller) {
                 return remove(api, parameters[0], caller.key_id);
               });
}

// Checks a create before it waits for its turn, which may take long.
net::Task<> BrowserRoutes::create(ApiRoutes& api, net::Exchange& exchange,
                                  const net::PathParameters& parameters, const ApiCaller& caller) {
  auto& answers = api.answers();
  ByteBudget::Held held(api.bodies());
  auto read = co_await api.read(exchange, parameters, caller, held);
  if (!read) co_return co_await answers.send(exchange, read.error());
  const auto request = std::make_shared<const ApiRequest>(std::move(*read));  // shared with the worker
  const auto answer_by = std::chrono::steady_clock::now() + patience_.create;
  std::function<Result<void>()> check = [this, request] { return browsers_.check_create(*request); };
  const auto checked = co_await api.turns().run(TurnKind::records, request->key_id, std::move(check));
  if (!checked) co_return co_await answers.send(exchange, checked.error());
  UndoableCalls::Make make_it = [this, request, answer_by] { return make(*request, answer_by); };
  auto made = co_await creates_.run(exchange, request->key_id, std::move(held), std::move(make_it));
  if (made) co_await answers.send(exchange, std::move(*made));
}

Result<UndoableCalls::Made> BrowserRoutes::make(const ApiRequest& request,
                                                std::chrono::steady_clock::time_point answer_by) {
  const auto session = browsers_.create(request, answer_by);
  if (!session) return session.error();
  return UndoableCalls::Made{.response = browsers_.show(*session), .undo = [this, id = session->id] {
                               log_.info("client went away, create undone", {{"session", id}});
                               (void)browsers_.begin_remove(id);
                             }};
}

// Waits for the end of a browser, which takes seconds, without a worker.
net::Task<Result<net::Response>> BrowserRoutes::remove(ApiRoutes& api, std::string id_or_name,
                                                       std::string key_id) {
  std::function<Result<std::string>()> begin = [this, id_or_name] {
    return browsers_.begin_remove(id_or_name);
  };
  const auto begun = co_await api.turns().run(TurnKind::records, std::move(key_id), std::move(begin));
  if (!begun) co_return begun.error();
  const auto until = std::chrono::steady_clock::now() + patience_.remove;
  std::function<void(std::function<void()>)> subscribe = [this, id = *begun](std::function<void()> call) {
    sessions_.when_finished(id, std::move(call));
  };
  co_await called_back(api.turns().io(), std::move(subscribe), until);
  net::Response done{204, {}, ""};
  co_return std::move(done);
}

}  // namespace wye::control
