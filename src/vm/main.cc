#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "vm/fs/archive_process.h"
#include "vm/run_agent.h"
#include "vm/worker/confine.h"

namespace {

constexpr const char* kUsage =
    "usage: wye-vm --listen-fd N --spool-fd N --config-fd N\n"
    "The agent of one browser's VM; started by wye serve. The descriptors are a listening socket, the spool "
    "file and a JSON configuration.\n";

std::string read_all(int fd) {
  std::string text;
  char piece[4096];
  ::lseek(fd, 0, SEEK_SET);
  for (ssize_t got; (got = ::read(fd, piece, sizeof piece)) > 0 && text.size() < (1u << 20);)
    text.append(piece, static_cast<std::size_t>(got));
  return text;
}

// Closes descriptors that bubblewrap leaks (the user namespace). Keeps those meant for this process, and the
// write end of the pipe by whose end slirp4netns notices that the VM is over.
void close_strays(int listen_fd, int spool_fd, int config_fd) {
  constexpr int kLast = 256;
  for (int fd = 3; fd < kLast; ++fd) {
    struct stat status {};
    if (fd == listen_fd || fd == spool_fd || fd == config_fd || ::fstat(fd, &status) != 0) continue;
    if (S_ISFIFO(status.st_mode))
      ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    else
      ::close(fd);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], wye::vm::kArchiveWord) == 0)
    return wye::vm::archive_process_main(argc, argv);
  if (argc > 1 && argv[1] == wye::vm::kConfine) return wye::vm::run_confined(argc, argv);
  int listen_fd = -1, spool_fd = -1, config_fd = -1;
  for (int i = 1; i + 1 < argc; i += 2) {
    int* const target = std::strcmp(argv[i], "--listen-fd") == 0   ? &listen_fd
                        : std::strcmp(argv[i], "--spool-fd") == 0  ? &spool_fd
                        : std::strcmp(argv[i], "--config-fd") == 0 ? &config_fd
                                                                   : nullptr;
    if (target != nullptr) *target = std::atoi(argv[i + 1]);
  }
  if (listen_fd < 3 || spool_fd < 3 || config_fd < 3) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  close_strays(listen_fd, spool_fd, config_fd);
  // Nobody in the VM, its root included, may read this process or take its descriptors.
  ::prctl(PR_SET_DUMPABLE, 0);
  ::signal(SIGPIPE, SIG_IGN);
  const auto config = wye::wire::parse_agent_config(read_all(config_fd));
  ::close(config_fd);
  if (!config) {
    std::fprintf(stderr, "bad_config: %s\n", config.error().message.c_str());
    return 2;
  }
  const wye::SystemClock clock;
  wye::vm::ServiceLogs logs;
  auto& own = logs[std::string(wye::vm::kAgentLog)];
  logs[std::string(wye::vm::kChromiumLog)];
  // The host keeps the lines, and clients may read them.
  const auto sink = [&](std::string_view line) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    own.add(line, clock.unix_micros());
  };
  const wye::Log log(wye::parse_log_level(config->log_level.value_or("info"), wye::LogLevel::info), sink);
  return wye::vm::run_agent(*config, wye::UniqueFd(listen_fd), wye::UniqueFd(spool_fd), clock, log, logs);
}
