#include "control/api/api_routes.h"

#include "control/api/bounded_body.h"

namespace wye::control {
namespace {

constexpr std::size_t kMaxBody = 8u << 20;  // wire-api §2: JSON bodies

}  // namespace

ApiRoutes::ApiRoutes(Turns& turns, Answers& answers, ByteBudget& bodies)
    : turns_(turns),
      answers_(answers),
      bodies_(bodies),
      routes_([this](net::Exchange& exchange, Result<net::Response> result) {
        return answers_.send(exchange, std::move(result));
      }) {}

void ApiRoutes::add(std::string_view method, std::string_view pattern, Call call, TurnKind kind) {
  routes_.add_exchange(
      method, pattern,
      [this, call = std::move(call), kind](net::Exchange& exchange, const net::PathParameters& parameters,
                                           const ApiCaller& caller) {
        return call_at_turn(exchange, parameters, caller, call, kind);
      },
      net::RouteTable::Head::by_get);
}

void ApiRoutes::add_task(std::string_view method, std::string_view pattern, Task task) {
  routes_.add_task(method, pattern, std::move(task));
}

void ApiRoutes::add_exchange(std::string_view method, std::string_view pattern, Conversation conversation) {
  routes_.add_exchange(method, pattern, std::move(conversation));
}

net::Task<bool> ApiRoutes::serve(net::Exchange& exchange, std::string_view path,
                                 const ApiCaller& caller) const {
  return routes_.serve(exchange, path, caller);
}

net::Task<Result<ApiRequest>> ApiRoutes::read(net::Exchange& exchange, const net::PathParameters& parameters,
                                              const ApiCaller& caller, ByteBudget::Held& held) const {
  auto body = co_await read_bounded_body(exchange, kMaxBody, held);
  if (!body) co_return body.error();
  ApiRequest request;
  for (std::size_t i = 0; i < parameters.size(); ++i) request.parameters.push_back(parameters[i]);
  request.query = exchange.head().query();
  request.body = std::move(*body);
  request.key_id = caller.key_id;
  co_return std::move(request);
}

net::Task<> ApiRoutes::call_at_turn(net::Exchange& exchange, const net::PathParameters& parameters,
                                    const ApiCaller& caller, const Call& call, TurnKind kind) const {
  ByteBudget::Held held(bodies_);
  auto request = co_await read(exchange, parameters, caller, held);
  if (!request) co_return co_await answers_.send(exchange, request.error());
  std::function<Result<net::Response>()> bound = [&call, request = std::move(*request)] {
    return call(request);
  };
  auto result = co_await turns_.answer(exchange, kind, caller.key_id, held.bytes(), std::move(bound));
  if (result) co_await answers_.send(exchange, std::move(*result));
}

}  // namespace wye::control
