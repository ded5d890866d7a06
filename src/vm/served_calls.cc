#include "vm/served_calls.h"

#include <stdexcept>

#include "wire/known_api.h"
#include "wire/vm_calls.h"

namespace wye::vm {
namespace {

std::string_view tail_of(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.substr(std::min<std::size_t>(1, path.size()));
}

Error not_served(std::string_view path) {
  const auto tail = tail_of(path);
  const auto* known = wire::vm_calls().find({}, tail).other;
  return known != nullptr && !known->served ? wire::not_implemented(tail) : no_such_path();
}

net::Task<> send(net::Exchange& exchange, Result<net::Response> answer) {
  auto response = answer ? std::move(*answer) : net::error_response(answer.error());
  co_await exchange.respond(std::move(response));
}

}  // namespace

Error no_such_path() {
  return {.kind = ErrorKind::not_found, .code = "not_found", .message = "no such path"};
}

Error browser_starting() {
  return {.kind = ErrorKind::disconnected,
          .code = "upstream_unavailable",
          .message = "the browser is starting",
          .status = 503};
}

ServedCalls::ServedCalls(TelemetryHub& telemetry) : telemetry_(telemetry), routes_(send) {}

ServedCalls::Place ServedCalls::place_of(std::string_view operation) {
  const auto* call = wire::vm_calls().named(operation);
  if (call == nullptr) throw std::logic_error("no VM call is named " + std::string(operation));
  return {std::string(call->method), "/" + std::string(call->tail)};
}

void ServedCalls::answer(std::string_view operation, Routes::AnswerHandler handler) {
  const auto place = place_of(operation);
  routes_.add_answer(place.method, place.pattern, std::move(handler));
}

void ServedCalls::task(std::string_view operation, Routes::AnswerTask handler) {
  const auto place = place_of(operation);
  routes_.add_task(place.method, place.pattern, std::move(handler));
}

void ServedCalls::with_body(std::string_view operation, BodyHandler handler) {
  task(operation,
       [handler = std::move(handler)](net::Exchange& exchange,
                                      const net::PathParameters&) -> net::Task<Result<net::Response>> {
         auto body = co_await exchange.read_body(kMaxJsonBody);
         if (!body) co_return body.error();
         co_return co_await handler(std::move(*body));
       });
}

void ServedCalls::exchange(std::string_view operation, Routes::ExchangeHandler handler) {
  const auto place = place_of(operation);
  routes_.add_exchange(place.method, place.pattern, std::move(handler));
}

bool ServedCalls::serves(std::string_view method, std::string_view path) const {
  return routes_.table().find(method, path).outcome == net::RouteTable::Outcome::found;
}

net::Task<> ServedCalls::serve(net::Exchange& incoming) {
  AgentExchange exchange(incoming);
  const auto began = std::chrono::steady_clock::now();
  const bool there = co_await routes_.serve(exchange, exchange.head().path());
  if (there) co_return tell(exchange, began);
  Result<net::Response> refused = not_served(exchange.head().path());
  co_await send(exchange, std::move(refused));
}

void ServedCalls::tell(const AgentExchange& exchange, std::chrono::steady_clock::time_point began) {
  const auto& head = exchange.head();
  const auto* call = wire::vm_calls().find(head.method, tail_of(head.path())).call;
  if (call == nullptr || call->told == wire::Told::nothing) return;
  const bool drives = call->told == wire::Told::api_call;
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  boost::json::object data{{"operation_id", call->operation},
                           {"request_id", head.headers.get("X-Request-Id")},
                           {"status", exchange.status()},
                           {"duration_ms", took.count()}};
  if (!exchange.code().empty()) data["code"] = exchange.code();
  telemetry_.emit(drives ? "api_call" : "platform_api_call", drives ? "control" : "platform", "kernel_api",
                  std::move(data));
}

}  // namespace wye::vm
