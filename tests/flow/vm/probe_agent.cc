// An agent for tests of the isolation. It runs each connection's command in the shell, as the VM's root, or
// (first byte 'k') with the browser's uid, or (first byte 'c') with that uid behind the filter for commands;
// it answers with the exit code, a line break and the output.
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/seccomp_filter.h"

namespace {

bool enter_filter_for_commands() {
  auto code = wye::make_seccomp_filter(wye::FilterFor::commands);
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

void serve(int client) {
  std::string command;
  char piece[4096];
  for (ssize_t got; (got = ::recv(client, piece, sizeof piece, 0)) > 0;)
    command.append(piece, static_cast<std::size_t>(got));
  int out[2];
  if (command.empty() || ::pipe(out) != 0) return;
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(out[1], STDERR_FILENO);
    for (int fd = 3; fd < 64; ++fd) ::close(fd);
    if (command[0] != 'r' && (::setgid(1000) != 0 || ::setuid(1000) != 0)) ::_exit(120);
    if (command[0] == 'c' && !enter_filter_for_commands()) ::_exit(121);
    ::execl("/bin/sh", "sh", "-c", command.c_str() + 1, nullptr);
    ::_exit(127);
  }
  ::close(out[1]);
  std::string text;
  for (ssize_t got; (got = ::read(out[0], piece, sizeof piece)) > 0 && text.size() < (1u << 20);)
    text.append(piece, static_cast<std::size_t>(got));
  ::close(out[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  const auto answer =
      std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)) + "\n" + text;
  ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL);
}

}  // namespace

int main(int argc, char** argv) {
  int listener = -1;
  for (int i = 1; i + 1 < argc; ++i)
    if (std::strcmp(argv[i], "--listen-fd") == 0) listener = std::atoi(argv[i + 1]);
  for (;;) {
    const int client = ::accept(listener, nullptr, nullptr);
    if (client < 0) return 1;
    if (::fork() == 0) {
      serve(client);
      ::_exit(0);
    }
    ::close(client);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
}
