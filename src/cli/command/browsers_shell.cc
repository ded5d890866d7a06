#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/terminal/terminal_session.h"
#include "cli/vm_command.h"

namespace wye::cli {
namespace {

constexpr const char* kUsualShell = "command -v bash >/dev/null && exec bash; exec sh";
constexpr int kSignalBase = 128;

SpawnRequest shell_of(const VmCommand& command) {
  const auto size = local_terminal_size();
  SpawnRequest out{.command = command.command,
                   .args = command.args,
                   .cwd = command.cwd,
                   .env = command.env,
                   .as_user = command.as_user,
                   .as_root = command.as_root,
                   .allocate_tty = true,
                   .rows = size.rows,
                   .cols = size.cols};
  if (out.command.empty()) {
    out.command = "sh";
    out.args = {"-c", kUsualShell};
  }
  const char* const kind = std::getenv("TERM");
  out.env.emplace("TERM", kind != nullptr && *kind != '\0' ? kind : "xterm-256color");
  return out;
}

int code_of(const SessionEnd& end, RemoteTerminal& remote) {
  if (!end.error && end.signal == 0 && !end.has_left) return exit_code_of(remote.exit_code());
  remote.hang_up();
  if (end.error) return fail_of_command(*end.error);
  return end.signal != 0 ? kSignalBase + end.signal : exit_code_of(-1);
}

int shell(const Arguments& arguments) {
  const auto command = read_vm_command(arguments);
  if (!command) return fail_usage(command.error().message);
  TerminalSignals signals;
  const auto client = make_client(arguments);
  const auto browser = client.browsers().retrieve(arguments.words[0]);  // teaches the route
  if (!browser) return fail_of_command(browser.error());
  std::stop_source stop;
  auto remote = RemoteTerminal::start(client.browsers().process(), browser->session_id, shell_of(*command),
                                      stop.get_token());
  if (!remote) return fail_of_command(remote.error());
  if (::isatty(STDIN_FILENO) != 0)
    std::fprintf(
        stderr, "%s\n",
        dim("in the VM of " + browser->session_id + "; exit, Ctrl-D or Enter ~ . leaves it", 2).c_str());
  SessionEnd end;
  {
    const RawMode raw;
    end = join_terminals(*remote, signals, stop);
  }
  if (remote->dropped() > 0)
    std::fprintf(
        stderr, "%s\n",
        dim(std::to_string(remote->dropped()) + " bytes of output came too fast and were left out", 2)
            .c_str());
  return code_of(end, *remote);
}

}  // namespace

Command browsers_shell_command() {
  return {.name = "browsers shell",
          .parameters = "ID|NAME [options] [-- COMMAND [ARGS …]]",
          .summary = "a terminal in the browser's VM",
          .details =
              "  wye browsers shell checkout-1\n"
              "  wye browsers shell checkout-1 --root -- top\n"
              "  wye browsers shell checkout-1 -- sh -c 'tail -f /tmp/app.log'\n\n"
              "Keys go to the VM as they are typed, Ctrl-C too; the terminal there has the size of this "
              "one. Leave it with exit\n"
              "or Ctrl-D; when it does not answer, with Enter, ~ and a dot (~~ types one ~). Input that "
              "is no terminal is typed,\n"
              "then Ctrl-D. Without a command it is bash, or sh. The browser stays while the terminal "
              "is open.\n\n"
              "exit codes: the command's own; 255 when a signal ended it or ~. left it; 127 and 126 when "
              "it is not found or\n"
              "cannot be run; 125 for errors of Wye, and 2 for wrong options.\n",
          .options = with_client_options(with_vm_command_options({})),
          .min_words = 1,
          .max_words = kMostWords,
          .run = shell};
}

}  // namespace wye::cli
