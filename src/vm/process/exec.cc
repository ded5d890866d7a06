#include "vm/process/exec.h"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/encoding.h"
#include "base/try.h"
#include "net/lazy_deadline.h"
#include "vm/command/output_pipe.h"
#include "vm/process/capture.h"
#include "vm/process/process_request.h"
#include "vm/served_calls.h"

namespace wye::vm {

using std::chrono::steady_clock;

namespace {

Error timed_out() {
  return {.kind = ErrorKind::internal,
          .code = "process_timed_out",
          .message = "process timed out",
          .status = 500};
}

struct Outcome {
  explicit Outcome(ByteBudget& budget) : output(budget), errors(budget) {}
  Capture output, errors;
  int exit_code = 0;
  std::int64_t duration_ms = 0;
};

net::Task<Result<void>> execute(boost::asio::io_context& io, Commands& commands, ProcessCall call,
                                Outcome& outcome) {
  const auto began = steady_clock::now();
  WYE_CO_TRY(const auto command, co_await commands.start(std::move(call.spec)));
  OutputPipe output(io, command->take_output(), [&outcome](auto bytes) { outcome.output.add(bytes); });
  OutputPipe errors(io, command->take_errors(), [&outcome](auto bytes) { outcome.errors.add(bytes); });
  bool too_long = false;
  net::LazyDeadline limit(io, [&too_long, &command] {
    too_long = true;
    command->kill();
  });
  if (call.timeout) limit.set(*call.timeout);
  co_await command->wait();
  limit.cancel();
  output.finish();
  errors.finish();
  if (too_long) co_return timed_out();
  outcome.exit_code = command->exit_code().value_or(-1);
  outcome.duration_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - began).count();
  co_return Result<void>();
}

std::size_t base64_size(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

net::Task<bool> write_stream(net::Exchange& exchange, const Capture& stream, std::string& text) {
  for (const auto& block : stream.blocks()) {
    text += base64(block);
    if (text.size() < Capture::kBlock) continue;
    const auto sent = co_await exchange.write(text);
    if (!sent) co_return false;
    text.clear();
  }
  co_return true;
}

// Writes 128 MiB piece by piece, never as one text.
net::Task<> answer(net::Exchange& exchange, const Outcome& outcome) {
  std::string text = R"({"exit_code":)" + std::to_string(outcome.exit_code) + R"(,"stdout_b64":")";
  const std::string between = R"(","stderr_b64":")";
  const bool truncated = outcome.output.truncated() || outcome.errors.truncated();
  const std::string last = R"(","duration_ms":)" + std::to_string(outcome.duration_ms) +
                           (truncated ? R"(,"truncated":true})" : "}");
  const auto length = text.size() + between.size() + last.size() + base64_size(outcome.output.size()) +
                      base64_size(outcome.errors.size());
  net::Headers headers{{"Content-Type", "application/json"}, {"Content-Length", std::to_string(length)}};
  const auto started = co_await exchange.start(200, std::move(headers));
  if (!started) co_return;
  const bool first = co_await write_stream(exchange, outcome.output, text);
  if (!first) co_return;
  text += between;
  const bool second = co_await write_stream(exchange, outcome.errors, text);
  if (!second) co_return;
  text += last;
  co_await exchange.write(text);
  co_await exchange.finish();
}

}  // namespace

net::Task<> Exec::run(net::Exchange& exchange) {
  const auto budget = output_;
  Outcome outcome(*budget);
  auto body = co_await exchange.read_body(ServedCalls::kMaxJsonBody);
  auto call = body ? read_exec(commands_.users(), *body) : Result<ProcessCall>(body.error());
  auto done = call ? Result<void>() : Result<void>(call.error());
  if (call) done = co_await execute(io_, commands_, std::move(*call), outcome);
  if (done) co_return co_await answer(exchange, outcome);
  auto refused = net::error_response(done.error());
  if (refused.status >= 500) refused.headers.set("x-should-retry", "false");  // it may have run
  co_await exchange.respond(std::move(refused));
}

net::Task<> Exec::serve(net::Exchange& exchange) {
  using namespace boost::asio::experimental::awaitable_operators;
  // Dropping the call drops the command, which ends it.
  co_await (run(exchange) || exchange.client_gone());
}

}  // namespace wye::vm
