#include <chrono>
#include <cstdio>
#include <optional>

#include "base/encoding.h"
#include "base/try.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/stop_on_signal.h"
#include "cli/vm_command.h"
#include "cli/write_out.h"
#include "wire/process_types.h"
#include "wye/browser_processes.h"

namespace wye::cli {
namespace {

constexpr std::chrono::seconds kKillWithin{5};

Result<ExecRequest> read_request(const Arguments& arguments) {
  WYE_TRY(const auto command, read_vm_command(arguments));
  ExecRequest out{.command = command.command,
                  .args = command.args,
                  .cwd = command.cwd,
                  .env = command.env,
                  .as_user = command.as_user,
                  .as_root = command.as_root};
  if (const auto seconds = arguments.get("timeout")) {
    WYE_TRY(out.timeout_sec, to_integer(*seconds, "timeout"));
  }
  return out;
}

Result<void> print_result(const Arguments& arguments, const ExecResult& result) {
  if (wants_json(arguments)) {
    ExecResponse out{.exit_code = result.exit_code,
                     .stdout_b64 = base64(result.output),
                     .stderr_b64 = base64(result.errors),
                     .duration_ms = result.duration_ms};
    if (result.truncated) out.truncated = true;
    return write_out(wire::to_text(out) + "\n");
  }
  WYE_CHECK(write_out(result.output));
  WYE_CHECK(write_out(result.errors, stderr));
  if (result.truncated)
    std::fprintf(stderr, "%s\n", dim("only the first 64 MiB of each output were kept", 2).c_str());
  if (result.exit_code < 0) std::fprintf(stderr, "%s\n", dim("a signal ended the command", 2).c_str());
  return {};
}

SpawnRequest spawn_of(const ExecRequest& request) {
  return {.command = request.command,
          .args = request.args,
          .cwd = request.cwd,
          .env = request.env,
          .as_user = request.as_user,
          .as_root = request.as_root,
          .timeout_sec = request.timeout_sec};
}

// Prints what a process writes, and returns its exit code.
Result<std::int64_t> print_live(EventStream<ProcessOutput>& output) {
  for (;;) {
    WYE_TRY(const auto piece, output.next());
    if (!piece || piece->exit_code) return piece ? *piece->exit_code : -1;
    WYE_CHECK(write_out(piece->bytes, piece->stream == ProcessStream::errors ? stderr : stdout));
  }
}

int run_live(const Processes& processes, const std::string& session_id, const ExecRequest& request,
             const StopOnSignal& stop) {
  const auto made = processes.spawn(session_id, spawn_of(request));
  if (!made) return fail_of_command(made.error());
  auto output = processes.output(session_id, made->process_id, {.stop = stop.token()});
  const auto code = output ? print_live(*output) : output.error();
  if (!code)
    (void)processes.kill(session_id, made->process_id, ProcessSignal::kill, {.timeout = kKillWithin});
  if (output && output->dropped() > 0)
    std::fprintf(
        stderr, "%s\n",
        dim(std::to_string(output->dropped()) + " bytes came too fast and were left out", 2).c_str());
  if (stop.exit_code() != 0) return stop.exit_code();
  return code ? exit_code_of(*code) : fail_of_command(code.error());
}

int exec(const Arguments& arguments) {
  if (const auto output = check_output(arguments); !output) return fail_usage(output.error().message);
  const auto request = read_request(arguments);
  if (!request) return fail_usage(request.error().message);
  if (arguments.has("live") && wants_json(arguments)) return fail_usage("either --live or -o json");
  std::optional<StopOnSignal> stop;
  if (arguments.has("live")) stop.emplace();
  const auto client = make_client(arguments);
  const auto browser = client.browsers().retrieve(arguments.words[0]);  // teaches the route
  if (!browser) return fail_of_command(browser.error());
  if (stop) return run_live(client.browsers().process(), browser->session_id, *request, *stop);
  const auto result =
      client.browsers().process().exec(browser->session_id, *request, {.timeout = kAsLongAsItTakes});
  if (!result) return fail_of_command(result.error());
  const auto printed = print_result(arguments, *result);
  return printed ? exit_code_of(result->exit_code) : fail_of_command(printed.error());
}

}  // namespace

Command browsers_exec_command() {
  return {.name = "browsers exec",
          .parameters = "ID|NAME [options] -- COMMAND [ARGS …]",
          .summary = "run a command in the browser's VM",
          .details =
              "  wye browsers exec checkout-1 -- ls -l /home/kernel\n"
              "  wye browsers exec checkout-1 --timeout 10 -- sh -c 'ps aux | grep chromium | wc -l'\n"
              "  wye browsers exec checkout-1 --live -- sh -c 'for i in 1 2 3; do echo $i; sleep 1; done'\n"
              "  wye browsers exec checkout-1 -o json -- id | jq -r .stdout_b64 | base64 -d\n\n"
              "The command is run without a shell, as the browser's own user, and gets no input (wye "
              "browsers shell has some).\n"
              "Its output is printed when it has ended, all of it up to 64 MiB; with --live as it comes, "
              "where a reader that is\n"
              "slower than the command misses some, and is told so. Ctrl-C ends it.\n\n"
              "exit codes: the command's own; 255 when a signal ended it; 124 after --timeout, with --live "
              "255; 127 when there\n"
              "is no such command, 126 when it cannot be run; 125 for errors of Wye, and 2 for wrong "
              "options.\n",
          .options = with_client_options(with_vm_command_options(
              {{"live", 0, "", "print its output as it comes"},
               {"timeout", 0, "SECONDS", "end it after that time (default: never)"}})),
          .min_words = 2,
          .max_words = kMostWords,
          .run = exec};
}

}  // namespace wye::cli
