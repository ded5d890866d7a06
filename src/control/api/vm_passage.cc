#include "control/api/vm_passage.h"

#include "base/encoding.h"
#include "control/api/api_routes.h"
#include "wire/vm_calls.h"

namespace wye::control {

using metro::Reason;

namespace {

Error not_found(std::string message) {
  return {.kind = ErrorKind::not_found, .code = "not_found", .message = std::move(message)};
}
Error only_below_base_url(std::string_view tail) {
  return not_found(std::string(tail) + " is reached below the browser's base_url only");
}
// Returns null when no row of the table has this tail and method.
const wire::VmCall* call_of(std::string_view method, std::string_view encoded_tail) {
  const auto tail = percent_decode(encoded_tail);  // no segment of a routed path holds an encoded slash
  return tail ? wire::vm_calls().find(method, *tail).call : nullptr;
}
Error browser_gone() {
  return {.kind = ErrorKind::not_found, .code = "browser_gone", .message = "browser not found"};
}

}  // namespace

VmPassage::VmPassage(boost::asio::io_context& io, metro::SessionDirectory& directory,
                     const metro::MetroOrigin& metro, Record record, metro::ProxyLimits limits,
                     metro::MetroHooks hooks, const Clock& clock, const Log& log)
    : directory_(directory),
      metro_(metro),
      record_(std::move(record)),
      forwarder_(io, directory, log, clock, limits, std::move(hooks)) {}

void VmPassage::add_routes(ApiRoutes& api) {
  api.add_exchange(net::RouteTable::kAnyMethod, "/browsers/{}/**",
                   [this, &api](net::Exchange& exchange, const net::PathParameters& parameters,
                                const ApiCaller& caller) { return pass(api, exchange, parameters, caller); });
}

// Reaches a living browser whatever the state of the store and its workers.
net::Task<> VmPassage::pass(ApiRoutes& api, net::Exchange& exchange, const net::PathParameters& parameters,
                            const ApiCaller& caller) {
  auto& answers = api.answers();
  const std::string id_or_name = parameters[0];
  const std::string tail(parameters.rest());
  const auto* const call = call_of(exchange.head().method, tail);
  if (call != nullptr && call->reach == wire::Reach::base_url)
    co_return co_await answers.send(exchange, only_below_base_url(call->tail));
  if (directory_.find(id_or_name).state == metro::SessionState::live)
    co_return co_await forward(exchange, id_or_name, tail);
  std::function<Result<std::optional<Session>>()> resolve = [this, id_or_name] {
    return record_.resolve(id_or_name);
  };
  const auto found = co_await api.turns().run(TurnKind::records, caller.key_id, std::move(resolve));
  if (!found) co_return co_await answers.send(exchange, found.error());
  if (!*found) co_return co_await answers.send(exchange, not_found("no such browser"));
  const std::string id = (*found)->id;
  if ((*found)->life != Life::gone) co_return co_await forward(exchange, id, tail);
  if (call == nullptr || !call->archived)
    co_return co_await answers.send(exchange, browser_gone(), Reason::browser_gone);
  std::function<Result<net::Response>()> read = [this, id, query = std::string(exchange.head().query())] {
    return record_.archived_events(id, query);
  };
  auto page = co_await api.turns().answer(exchange, TurnKind::records, caller.key_id, 0, std::move(read));
  if (page) co_await answers.send(exchange, std::move(*page), Reason::archive);
}

net::Task<> VmPassage::forward(net::Exchange& exchange, std::string session_id, std::string tail) {
  metro::ForwardOptions way;
  if (metro_.known()) way.public_scheme = metro_.scheme();
  way.public_host = metro_.host_of(session_id);
  std::string query(exchange.head().query());
  co_await forwarder_.forward(exchange, std::move(session_id), std::move(tail), std::move(query),
                              std::move(way));
}

}  // namespace wye::control
