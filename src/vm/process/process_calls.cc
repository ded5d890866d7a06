#include "vm/process/process_calls.h"

#include "base/try.h"
#include "vm/process/attach.h"
#include "vm/process/stdout_stream.h"
#include "wire/process_types.h"

namespace wye::vm {
namespace {

constexpr std::chrono::milliseconds kTakesInputWithin{30'000};

using Answer = net::Task<Result<net::Response>>;
// Answers a call about one process from its body.
using Handle = std::function<Answer(std::shared_ptr<Process> process, std::string body)>;

net::Response ok() { return net::json_response(200, R"({"ok":true})"); }

void register_call(ServedCalls& calls, std::string_view operation, Processes& processes, Handle handle) {
  calls.task(operation,
             [&processes, handle = std::move(handle)](net::Exchange& exchange,
                                                      const net::PathParameters& parameters) -> Answer {
               WYE_CO_TRY(auto process, processes.find(parameters[0]));
               WYE_CO_TRY(auto body, co_await exchange.read_body(ServedCalls::kMaxJsonBody));
               co_return co_await handle(std::move(process), std::move(body));
             });
}

Answer spawn(Commands& commands, Processes& processes, std::string body) {
  WYE_CO_TRY(auto call, read_spawn(commands.users(), body));
  WYE_CO_TRY(const auto process, co_await processes.spawn(std::move(call)));
  co_return net::json_response(200, wire::to_text(process->description()));
}

Answer status(std::shared_ptr<Process> process, std::string) {
  auto state = wire::to_json(process->status()).as_object();
  if (!state.contains("exit_code")) state["exit_code"] = nullptr;  // the wire's null is told, not left out
  co_return net::json_response(200, boost::json::serialize(state));
}

Answer write_stdin(std::shared_ptr<Process> process, std::string body) {
  WYE_CO_TRY(auto bytes, read_stdin(body));
  WYE_CO_TRY(const auto written, co_await process->write_input(std::move(bytes), kTakesInputWithin));
  const wire::StdinResponse answer{.written_bytes = static_cast<std::int64_t>(written)};
  co_return net::json_response(200, wire::to_text(answer));
}

Answer kill(std::shared_ptr<Process> process, std::string body) {
  WYE_CO_TRY(const auto number, read_kill(body));
  process->signal(number);
  co_return ok();
}

Answer resize(std::shared_ptr<Process> process, std::string body) {
  WYE_CO_TRY(const auto size, read_resize(body));
  WYE_CO_CHECK(process->resize(size));
  co_return ok();
}

net::Task<> stream(Processes& processes, net::Exchange& exchange, std::string id) {
  auto process = processes.find(id);
  if (process) co_return co_await stream_output(std::move(*process), exchange);
  auto refused = net::error_response(process.error());
  co_await exchange.respond(std::move(refused));
}

net::Task<> attach_to(boost::asio::io_context& io, Processes& processes, net::Exchange& exchange,
                      std::string id) {
  auto process = processes.find(id);
  if (process) co_return co_await attach(io, std::move(*process), exchange);
  auto refused = refused_attach(process.error());
  co_await exchange.respond(std::move(refused));
}

}  // namespace

void register_process_calls(ServedCalls& calls, boost::asio::io_context& io, Commands& commands, Exec& exec,
                            Processes& processes) {
  calls.exchange("processExec", [&exec](net::Exchange& exchange, const net::PathParameters&) {
    return exec.serve(exchange);
  });
  calls.with_body("processSpawn", [&commands, &processes](std::string body) {
    return spawn(commands, processes, std::move(body));
  });
  register_call(calls, "processStatus", processes, status);
  register_call(calls, "processStdin", processes, write_stdin);
  register_call(calls, "processKill", processes, kill);
  register_call(calls, "processResize", processes, resize);
  calls.exchange("processStdoutStream",
                 [&processes](net::Exchange& exchange, const net::PathParameters& parameters) {
                   return stream(processes, exchange, parameters[0]);
                 });
  calls.exchange("processAttach",
                 [&io, &processes](net::Exchange& exchange, const net::PathParameters& parameters) {
                   return attach_to(io, processes, exchange, parameters[0]);
                 });
}

}  // namespace wye::vm
