#include "vm/command/launch_command.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/seccomp_filter.h"
#include "base/try.h"

namespace wye::vm {
namespace {

// Chromium's renderers have 300.
constexpr std::string_view kKilledFirst = "800";
constexpr rlim_t kTasksForChromium = 512;
constexpr int kNicer = 5;  // than the agent and Chromium, which go before

enum class Stage : int { preparing, directory, program };
struct Report {
  Stage stage;
  int error;
};

// What the new process needs, made before it exists: between fork and exec only async-signal-safe calls are
// allowed.
struct Plan {
  std::vector<std::string> programs, environment;
  std::vector<char*> argv, envp;
  const char* directory;
  CommandUser user;
  CommandMark mark;
  bool directory_is_home, has_terminal, changes_user;
  std::array<int, 3> streams{-1, -1, -1};
  int report = -1;
  sock_fprog filter;
};

Error failed(const char* what) {
  const int number = errno;
  if (number == EAGAIN || number == ENOMEM || number == EMFILE || number == ENFILE || number == ENOSPC)
    return {.kind = ErrorKind::overloaded,
            .code = "concurrency_limit",
            .message = std::string("the VM has no room for another command (") + what + ")"};
  return {.kind = ErrorKind::internal,
          .code = "internal_error",
          .message = std::string("a command cannot be started: ") + what + ": " + std::strerror(number)};
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

std::map<std::string, std::string> environment_of(const CommandSpec& spec) {
  std::map<std::string, std::string> out{{"HOME", spec.user.home}, {"PATH", "/usr/local/bin:/usr/bin:/bin"},
                                         {"LANG", "C.UTF-8"},      {"TMPDIR", "/tmp"},
                                         {"USER", spec.user.name}, {"LOGNAME", spec.user.name},
                                         {"SHELL", "/bin/sh"}};
  if (spec.terminal) out["TERM"] = "xterm-256color";
  for (const auto& [name, value] : spec.env) out[name] = value;
  return out;
}

// The places where a program of that name may be, in order, as execvp() has them; the kernel chooses.
std::vector<std::string> programs_of(const std::string& name, const std::string& path) {
  if (name.find('/') != std::string::npos) return {name};
  std::vector<std::string> out;
  for (std::size_t from = 0; from <= path.size();) {
    const auto to = std::min(path.find(':', from), path.size());
    out.push_back((to == from ? "." : path.substr(from, to - from)) + "/" + name);
    from = to + 1;
  }
  return out;
}

const std::vector<sock_filter>& filter() {
  static const auto program = make_seccomp_filter(FilterFor::commands);
  return program;
}

[[noreturn]] void give_up(Stage stage, int error) {
  const Report report{stage, error};
  [[maybe_unused]] const auto told = ::write(3, &report, sizeof report);
  ::_exit(127);
}
void must(bool done, Stage stage = Stage::preparing) {
  if (!done) give_up(stage, errno);
}

void take_streams(const Plan& plan) {
  // All are moved out of the way first, then into place.
  std::array<int, 4> from{plan.streams[0], plan.streams[1], plan.streams[2], plan.report};
  for (auto& fd : from)
    if ((fd = ::fcntl(fd, F_DUPFD, 10)) < 0) ::_exit(127);
  for (int to = 0; to < 4; ++to)
    if (::dup2(from[static_cast<std::size_t>(to)], to) < 0) ::_exit(127);
  ::syscall(SYS_close_range, 4, ~0U, 0);
  ::fcntl(3, F_SETFD, FD_CLOEXEC);
}

// Needs root where the file belongs to root, as that of a process that nobody may read does.
void be_killed_first() {
  const int fd = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  [[maybe_unused]] const auto wrote = ::write(fd, kKilledFirst.data(), kKilledFirst.size());
  ::close(fd);
}

void lower_limits(const Plan& plan) {
  must(set_command_mark(plan.mark));
  rlimit tasks{};
  if (::getrlimit(RLIMIT_NPROC, &tasks) != 0 || tasks.rlim_max <= 2 * kTasksForChromium) return;
  if (tasks.rlim_max == RLIM_INFINITY) return;
  tasks.rlim_cur = tasks.rlim_max = tasks.rlim_max - kTasksForChromium;
  must(::setrlimit(RLIMIT_NPROC, &tasks) == 0);
}

void become_user(const Plan& plan) {
  if (!plan.changes_user) return;
  const auto& user = plan.user;
  must(::setgroups(0, nullptr) == 0);
  must(::setresgid(user.gid, user.gid, user.gid) == 0);
  must(::setresuid(user.uid, user.uid, user.uid) == 0);
}

[[noreturn]] void become(const Plan& plan) {
  take_streams(plan);
  must(::setsid() >= 0);
  if (plan.has_terminal) must(::ioctl(0, TIOCSCTTY, 0) == 0);
  be_killed_first();
  errno = 0;
  must(::nice(kNicer) != -1 || errno == 0);  // from where we are: nobody may go back
  lower_limits(plan);
  become_user(plan);
  ::umask(022);
  // A user's home need not exist; a directory that was asked for must.
  const bool is_there = ::chdir(plan.directory) == 0 || (plan.directory_is_home && ::chdir("/") == 0);
  must(is_there, Stage::directory);
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  must(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  must(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &plan.filter) == 0);
  int error = ENOENT;
  for (const auto& program : plan.programs) {
    ::execve(program.c_str(), plan.argv.data(), plan.envp.data());
    if (errno == ENOENT || errno == ENOTDIR) continue;
    error = errno;
    if (error != EACCES) break;
  }
  give_up(Stage::program, error);
}

struct Ends {
  UniqueFd ours, theirs;
};

// Only our end must not block: a program expects that its own does.
Result<Ends> make_pipe(bool we_read) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed("pipe");
  Ends out;
  out.ours.reset(ends[we_read ? 0 : 1]);
  out.theirs.reset(ends[we_read ? 1 : 0]);
  ::fcntl(out.ours.get(), F_SETFL, O_NONBLOCK);
  return out;
}

Result<Ends> make_terminal(const CommandSpec& spec, bool changes_user) {
  Ends out;
  out.ours.reset(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (!out.ours || ::unlockpt(out.ours.get()) != 0) return failed("terminal");
  out.theirs.reset(::ioctl(out.ours.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!out.theirs) return failed("terminal");
  if (changes_user && ::fchown(out.theirs.get(), spec.user.uid, static_cast<gid_t>(-1)) != 0)
    return failed("terminal");
  const winsize size{spec.terminal->rows, spec.terminal->columns, 0, 0};
  ::ioctl(out.ours.get(), TIOCSWINSZ, &size);
  return out;
}

Result<Ends> make_input(const CommandSpec& spec) {
  if (spec.takes_input) return make_pipe(false);
  Ends out;
  out.theirs.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!out.theirs) return failed("/dev/null");
  return out;
}

Plan plan_of(const CommandSpec& spec, CommandMark mark, bool changes_user) {
  Plan plan{};
  const auto environment = environment_of(spec);
  const auto path = environment.find("PATH");
  plan.programs = programs_of(spec.words.front(), path->second);
  for (const auto& [name, value] : environment) plan.environment.push_back(name + "=" + value);
  plan.argv = pointers(spec.words);
  plan.envp = pointers(plan.environment);
  plan.directory = spec.directory.empty() ? spec.user.home.c_str() : spec.directory.c_str();
  plan.directory_is_home = spec.directory.empty();
  plan.user = spec.user;
  plan.mark = mark;
  plan.has_terminal = spec.terminal.has_value();
  plan.changes_user = changes_user;
  plan.filter = {static_cast<unsigned short>(filter().size()), const_cast<sock_filter*>(filter().data())};
  return plan;
}

}  // namespace

Result<LaunchedCommand> launch_command(const CommandSpec& spec, CommandMark mark) {
  const bool changes_user = ::geteuid() == 0;
  auto plan = plan_of(spec, mark, changes_user);
  LaunchedCommand out;
  WYE_TRY(auto report, make_pipe(true));
  Ends terminal, input, output, errors;
  if (spec.terminal) {
    WYE_TRY(terminal, make_terminal(spec, changes_user));
    plan.streams.fill(terminal.theirs.get());
  } else {
    WYE_TRY(input, make_input(spec));
    WYE_TRY(output, make_pipe(true));
    WYE_TRY(errors, make_pipe(true));
    plan.streams = {input.theirs.get(), output.theirs.get(), errors.theirs.get()};
  }
  plan.report = report.theirs.get();
  const pid_t pid = ::fork();
  if (pid < 0) return failed("fork");
  if (pid == 0) become(plan);
  out.pid = pid;
  out.pidfd.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!out.pidfd) {
    const auto error = failed("pidfd_open");
    ::kill(pid, SIGKILL);  // Orphans reaps it
    return error;
  }
  out.report = std::move(report.ours);
  out.input = std::move(input.ours);
  out.output = std::move(output.ours);
  out.errors = std::move(errors.ours);
  out.terminal = std::move(terminal.ours);
  return out;
}

Result<void> read_launch_report(std::string_view text) {
  if (text.empty()) return {};
  Report report{Stage::preparing, EIO};
  if (text.size() == sizeof report) std::memcpy(&report, text.data(), sizeof report);
  const auto bad = [](std::string code, std::string message) {
    return Error{.kind = ErrorKind::invalid, .code = std::move(code), .message = std::move(message)};
  };
  const std::string why = std::strerror(report.error);
  if (report.stage == Stage::directory) return bad("bad_directory", "cwd cannot be entered: " + why);
  errno = report.error;
  if (report.stage == Stage::preparing || report.error == EAGAIN || report.error == ENOMEM)
    return failed("prepare");
  if (report.error == ENOENT || report.error == ENOTDIR)
    return bad("command_not_found", "there is no such command in the VM");
  if (report.error == E2BIG)
    return bad("arguments_too_large", "command, args and env are more than a program can be given");
  return bad("not_executable", "the command cannot be run: " + why);
}

}  // namespace wye::vm
