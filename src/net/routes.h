#pragma once

#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "net/exchange.h"
#include "net/route_table.h"

namespace wye::net {

/// The routes of a server: method × pattern → handler. `Given` is what the server knows of a request besides,
/// such as who sent it; handlers get it last. Routes are added before the first request; one io_context.
///
/// Three kinds of handlers, by what they return: an answer, a task that gives one, and a task that answers
/// the exchange itself, for streams and sockets. HEAD comes by itself with a GET that returns an answer; a
/// stream would hold it for ever. OPTIONS is a method like any other: no page of another origin is let in.
template <class... Given>
class Routes {
 public:
  using AnswerHandler = std::function<Result<Response>(const RequestHead&, const PathParameters&, Given...)>;
  using AnswerTask = std::function<Task<Result<Response>>(Exchange&, const PathParameters&, Given...)>;
  using ExchangeHandler = std::function<Task<>(Exchange&, const PathParameters&, Given...)>;
  /// Sends what handlers return. It is the one place that turns an error into an answer.
  using Send = std::function<Task<>(Exchange&, Result<Response>)>;

  explicit Routes(Send send) : send_(std::move(send)) {}
  Routes(const Routes&) = delete;
  Routes& operator=(const Routes&) = delete;

  void add_answer(std::string_view method, std::string_view pattern, AnswerHandler handler) {
    add(method, pattern, RouteTable::Head::by_get,
        [this, handler = std::move(handler)](Exchange& exchange, const PathParameters& parameters,
                                             Given... given) -> Task<> {
          auto answer = handler(exchange.head(), parameters, given...);
          co_await send_(exchange, std::move(answer));
        });
  }
  void add_task(std::string_view method, std::string_view pattern, AnswerTask handler) {
    add(method, pattern, RouteTable::Head::by_get,
        [this, handler = std::move(handler)](Exchange& exchange, const PathParameters& parameters,
                                             Given... given) -> Task<> {
          auto answer = co_await handler(exchange, parameters, given...);
          co_await send_(exchange, std::move(answer));
        });
  }
  /// `method` may be `RouteTable::kAnyMethod`. `Head::by_get` is for handlers that answer as a whole.
  void add_exchange(std::string_view method, std::string_view pattern, ExchangeHandler handler,
                    RouteTable::Head head = RouteTable::Head::as_registered) {
    add(method, pattern, head, std::move(handler));
  }

  /// Calls the handler of the request's method and `path`, or answers 400 or 405. Returns false, and answers
  /// nothing, when there is no such path.
  Task<bool> serve(Exchange& exchange, std::string_view path, Given... given) const {
    const auto found = table_.find(exchange.head().method, path);
    if (found.outcome == RouteTable::Outcome::no_path) co_return false;
    if (found.outcome == RouteTable::Outcome::found) {
      co_await handlers_[found.route](exchange, found.parameters, given...);
      co_return true;
    }
    Result<Response> refused = refusal(found);
    co_await send_(exchange, std::move(refused));
    co_return true;
  }

  [[nodiscard]] const RouteTable& table() const { return table_; }

 private:
  void add(std::string_view method, std::string_view pattern, RouteTable::Head head,
           ExchangeHandler handler) {
    table_.add(method, pattern, head);
    handlers_.push_back(std::move(handler));  // at the number that the table gave
  }

  const Send send_;
  RouteTable table_;
  std::vector<ExchangeHandler> handlers_;
};

}  // namespace wye::net
