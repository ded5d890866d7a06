#include "host/bubblewrap/launcher.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/process_identity.h"
#include "base/try.h"

namespace wye::host {

Error launch_failure(const std::string& what) {
  return {
      .kind = ErrorKind::internal, .code = "internal_error", .message = "the VM cannot be started: " + what};
}
Error launch_failure_errno(const std::string& what) {
  return launch_failure(what + ": " + std::strerror(errno));
}

UniqueFd memory_file(const char* name, const std::string& text) {
  UniqueFd out(::memfd_create(name, MFD_CLOEXEC));
  if (out && (::write(out.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
              ::lseek(out.get(), 0, SEEK_SET) != 0))
    out.reset();
  return out;
}

std::string read_from_start(int fd) {
  std::string text;
  std::array<char, 4096> piece;
  for (ssize_t got; (got = ::pread(fd, piece.data(), piece.size(), static_cast<off_t>(text.size()))) > 0;)
    text.append(piece.data(), static_cast<std::size_t>(got));
  return text;
}

Result<pid_t> Launcher::spawn(const std::array<int, 7>& wanted) const {
  // Moves them to high numbers first, then into place: one of our descriptors may already have a number that
  // the launcher needs.
  std::array<UniqueFd, 7> high;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] < 0) continue;
    high[i].reset(::fcntl(wanted[i], F_DUPFD_CLOEXEC, 64));
    ::posix_spawn_file_actions_adddup2(&actions, high[i].get(), kSpecFd + static_cast<int>(i));
  }
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  std::vector<char*> argv;
  for (const auto& word : command_) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  // Passes only what its tools need, so that none of our keys comes near a VM.
  std::array<char*, 2> environment{
      const_cast<char*>("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), nullptr};
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) return launch_failure(command_[0] + ": " + std::strerror(error));
  return pid;
}

Result<LaunchAnswer> Launcher::run(const LaunchSpec& spec, const Files& files) const {
  const auto spec_file = memory_file("spec", wire::to_text(spec));
  if (!spec_file) return launch_failure_errno("memfd");
  WYE_TRY(const auto pid, spawn({spec_file.get(), files.answer, files.listen, files.spool, files.config,
                                 files.log, files.alive}));
  const auto process = open_pidfd(pid);
  if (!process || !wait_dead(process.get(), kWithinMs)) ::kill(-pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  auto answer = wire::from_text<LaunchAnswer>(read_from_start(files.answer));
  if (!answer) return launch_failure("the launcher did not answer");
  if (!answer->error.empty()) return launch_failure(answer->error);
  return std::move(*answer);
}

}  // namespace wye::host
