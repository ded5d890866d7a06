#include "vm/fs/archive_child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <cstring>

#include "net/socket.h"
#include "vm/fs/archive_process.h"
#include "vm/fs/file_error.h"
#include "wire/http_status.h"

namespace wye::vm {
namespace {

constexpr std::size_t kMaxReport = 8 * 1024;
constexpr int kFirstFree = 64;  // above the descriptors that the process finds

std::size_t children = 0;  // of this agent, which has one io_context

Error not_started(int number) {
  return {.kind = ErrorKind::internal,
          .code = "internal_error",
          .message = std::string("no process for the archive can be started: ") + std::strerror(number)};
}

// Puts the three descriptors in place, closes all others, and becomes the agent's own program.
int spawn(pid_t& pid, std::vector<std::string>& words, const std::array<int, 3>& descriptors) {
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::array<char*, 1> environment{nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
  for (int at = 0; at < 3; ++at)
    ::posix_spawn_file_actions_adddup2(&actions, descriptors[static_cast<std::size_t>(at)], kArchiveFd + at);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, kReportFd + 1);
  const auto error =
      ::posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  return error;
}

Error reported(std::string_view text) {
  const auto first = text.find('\n'), second = text.find('\n', first + 1);
  const auto status = std::atoi(std::string(text.substr(0, first)).c_str());
  if (status < 400 || second == std::string_view::npos)
    return {.kind = ErrorKind::internal,
            .code = "internal_error",
            .message = "the archive's process ended early"};
  return {.kind = wire::kind_of_status(status),
          .code = std::string(text.substr(first + 1, second - first - 1)),
          .message = std::string(text.substr(second + 1)),
          .status = status};
}

}  // namespace

ArchiveChild::ArchiveChild(boost::asio::io_context& io, UniqueFd pidfd, UniqueFd report)
    : pidfd_(std::move(pidfd)), report_(io.get_executor(), report.release()) {
  ++children;
}

Result<std::unique_ptr<ArchiveChild>> ArchiveChild::start(boost::asio::io_context& io,
                                                          std::vector<std::string> words,
                                                          const UniqueFd& archive,
                                                          const UniqueFd& directory) {
  if (children >= kMaxChildren) return try_again("too many archives are packed or unpacked");
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return not_started(errno);
  UniqueFd report(pipe[0]), its_end(pipe[1]);
  // Moved out of the way of 3 to 5, into which they are copied one after the other.
  const UniqueFd a(::fcntl(archive.get(), F_DUPFD_CLOEXEC, kFirstFree)),
      b(::fcntl(directory.get(), F_DUPFD_CLOEXEC, kFirstFree)),
      c(::fcntl(its_end.get(), F_DUPFD_CLOEXEC, kFirstFree));
  if (!a || !b || !c) return not_started(errno);
  words.insert(words.begin(), {"wye-vm", kArchiveWord});
  pid_t pid = -1;
  if (const auto error = spawn(pid, words, {a.get(), b.get(), c.get()}); error != 0)
    return not_started(error);
  // Whoever reaps the agent's children may have done so already; then there is nothing to end either.
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  return std::unique_ptr<ArchiveChild>(new ArchiveChild(io, std::move(pidfd), std::move(report)));
}

void ArchiveChild::kill() {
  if (pidfd_) ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
}

void ArchiveChild::end() {
  kill();
  siginfo_t info{};
  if (pidfd_) ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED);
  pidfd_.reset();
}

ArchiveChild::~ArchiveChild() {
  end();
  --children;
}

net::Task<Result<void>> ArchiveChild::ready() { return await("ready\n"); }
net::Task<Result<void>> ArchiveChild::done() { return await("done\n"); }

net::Task<Result<void>> ArchiveChild::await(std::string_view line) {
  std::array<char, 1024> piece;
  for (;;) {
    if (said_.starts_with(line)) {
      said_.erase(0, line.size());
      co_return Result<void>();
    }
    const auto [error, got] = co_await report_.async_read_some(boost::asio::buffer(piece), net::kAwait);
    if (error || said_.size() > kMaxReport) co_return reported(said_);
    said_.append(piece.data(), got);
  }
}

}  // namespace wye::vm
