#include "vm/repl/repl_calls.h"

namespace wye::vm {

void register_repl_calls(ServedCalls& calls, Repl& repl) {
  calls.task(
      "repl",
      [&repl](net::Exchange& exchange, const net::PathParameters&) -> net::Task<Result<net::Response>> {
        auto body = co_await exchange.read_body(ServedCalls::kMaxJsonBody);
        if (!body) co_return body.error();
        auto request = read_repl_request(*body);
        if (!request) co_return request.error();
        co_return co_await repl.run(exchange, std::move(*request));
      });
}

}  // namespace wye::vm
