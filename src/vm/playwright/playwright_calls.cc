#include "vm/playwright/playwright_calls.h"

#include "vm/agent_exchange.h"

namespace wye::vm {
namespace {

Result<bool> read_close_tab(std::string_view query) {
  const auto value = net::query_value(query, "close_tab");
  if (value.empty() || value == "true") return true;
  if (value == "false") return false;
  return Error{
      .kind = ErrorKind::invalid, .code = "bad_request", .message = "close_tab must be true or false"};
}

}  // namespace

void register_playwright_calls(ServedCalls& calls, Executors& executors) {
  calls.task(
      "executePlaywrightCode",
      [&executors](net::Exchange& exchange, const net::PathParameters&) -> net::Task<Result<net::Response>> {
        auto body = co_await exchange.read_body(ServedCalls::kMaxJsonBody);
        if (!body) co_return body.error();
        auto request = read_execute_request(*body);
        if (!request) co_return request.error();
        body->clear();
        tell_code(exchange, request->code);
        co_return co_await executors.execute(exchange, std::move(*request));
      });
  calls.task("listPlaywrightExecutors",
             [&executors](net::Exchange&, const net::PathParameters&) { return executors.list(); });
  calls.task("deletePlaywrightExecutor",
             [&executors](net::Exchange& exchange,
                          const net::PathParameters& parameters) -> net::Task<Result<net::Response>> {
               const auto close_tab = read_close_tab(exchange.head().query());
               if (!close_tab) co_return close_tab.error();
               co_return co_await executors.remove(parameters[0], *close_tab);
             });
}

}  // namespace wye::vm
