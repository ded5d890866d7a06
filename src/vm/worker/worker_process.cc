#include "vm/worker/worker_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "vm/worker/confine.h"

namespace wye::vm {
namespace {

Error failed(const char* what) {
  return {.kind = ErrorKind::internal,
          .code = "internal_error",
          .message = std::string("the worker cannot be started: ") + what + ": " + std::strerror(errno)};
}

struct Pipe {
  UniqueFd read, write;
};

bool open_pipe(Pipe& pipe) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  pipe.read.reset(ends[0]);
  pipe.write.reset(ends[1]);
  return true;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (auto& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

// Between fork and exec: only async-signal-safe calls. The descriptors are moved out of the way, then into
// place.
[[noreturn]] void become_confined(const std::array<int, 5>& given, char* const* argv, char* const* envp) {
  constexpr int kOutOfTheWay = 10;
  ::setpgid(0, 0);
  std::array<int, 5> moved{};
  for (std::size_t i = 0; i < given.size(); ++i)
    if ((moved[i] = ::fcntl(given[i], F_DUPFD, kOutOfTheWay)) < 0) ::_exit(126);
  for (std::size_t i = 0; i < given.size(); ++i)
    if (::dup2(moved[i], static_cast<int>(i)) < 0) ::_exit(126);
  ::syscall(SYS_close_range, given.size(), ~0U, 0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  ::execve(argv[0], argv, envp);
  ::_exit(127);
}

}  // namespace

Result<void> check_node(const WorkerOptions& options) {
  if (::access((options.node + "/bin/node").c_str(), X_OK) == 0) return {};
  return Error{.kind = ErrorKind::unsupported,
               .code = "not_installed",
               .message = "this server has no Node to run code with; `wye doctor` says how to install it",
               .status = 501};
}

Result<WorkerProcess> start_worker(const WorkerOptions& options, const std::string& program) {
  Pipe commands, answers, out, err;
  for (auto* pipe : {&commands, &answers, &out, &err})
    if (!open_pipe(*pipe)) return failed("pipe");
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::vector<std::string> words{
      options.confine, std::string(kConfine), std::to_string(options.uid), std::to_string(options.gid),
      options.node + "/bin/node",
      // The heap is smaller than the bound on memory, so that V8 says when it is full.
      "--max-old-space-size=512", "--disable-warning=ExperimentalWarning", options.node + "/" + program};
  std::vector<std::string> environment{"HOME=" + options.home, "PATH=/usr/bin:/bin", "LANG=C.UTF-8",
                                       "TMPDIR=/tmp"};
  const auto argv = pointers(words), envp = pointers(environment);
  const std::array<int, 5> given{nothing.get(), out.write.get(), err.write.get(), commands.read.get(),
                                 answers.write.get()};
  WorkerProcess process;
  process.pid = ::fork();
  if (process.pid < 0) return failed("fork");
  if (process.pid == 0) become_confined(given, argv.data(), envp.data());
  process.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!process.pidfd) {
    ::kill(process.pid, SIGKILL);
    return failed("pidfd_open");
  }
  process.commands = std::move(commands.write);
  process.answers = std::move(answers.read);
  process.out = std::move(out.read);
  process.err = std::move(err.read);
  for (const auto* fd : {&process.commands, &process.answers, &process.out, &process.err})
    ::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
  return process;
}

}  // namespace wye::vm
