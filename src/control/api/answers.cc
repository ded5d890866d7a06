#include "control/api/answers.h"

#include "control/api/bounded_body.h"

namespace wye::control {

using metro::Reason;

namespace {

constexpr std::size_t kMaxRequestId = 128;

// Returns the client's id, for its own logs, or a new one.
std::string request_id(const net::RequestHead& head, Random& random) {
  const auto given = head.headers.get("X-Request-Id");
  if (!given.empty() && given.size() <= kMaxRequestId) return std::string(given);
  return "req-" + new_id(random);
}

}  // namespace

net::Task<> Answers::send(net::Exchange& exchange, net::Response response, Reason reason) {
  ByteBudget::Held held(bodies_);  // held while a slow reader takes the answer
  if (!held.add(response.body.size())) response = net::error_response(no_room_for_body());
  const auto status = response.status;
  const bool overloaded = status == 429 || status == 503 || status == 529;
  counters_.answer(reason == Reason::handler && overloaded ? Reason::overloaded : reason, status);
  const auto& head = exchange.head();
  response.headers.set("X-Request-Id", request_id(head, random_));
  log_.debug("request", {{"method", head.method}, {"path", head.path()}, {"status", status}});
  co_await exchange.respond(std::move(response));
}

net::Task<> Answers::send(net::Exchange& exchange, const Error& error, Reason reason) {
  auto response = net::error_response(error);
  co_await send(exchange, std::move(response), reason);
}

net::Task<> Answers::send(net::Exchange& exchange, Result<net::Response> result, Reason reason) {
  if (!result) co_return co_await send(exchange, result.error(), reason);
  co_await send(exchange, std::move(*result), reason);
}

}  // namespace wye::control
