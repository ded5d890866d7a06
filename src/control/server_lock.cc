#include "control/server_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <optional>

#include "base/process_identity.h"
#include "control/data_dir.h"

namespace wye::control {
namespace {

std::optional<pid_t> named_in(int lock) {
  std::array<char, 32> text{};
  const auto size = ::pread(lock, text.data(), text.size(), 0);
  pid_t pid = 0;
  if (size <= 0) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + size, pid);
  if (error != std::errc() || pid <= 0 || *end != '\n') return std::nullopt;
  return pid;
}

bool has_open(pid_t pid, const struct stat& file) {
  std::error_code error;
  const auto directory = "/proc/" + std::to_string(pid) + "/fd";
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    struct stat status {};
    if (::stat(at->path().c_str(), &status) == 0 && status.st_dev == file.st_dev &&
        status.st_ino == file.st_ino)
      return true;
  }
  return false;
}

}  // namespace

Result<void> say_server(int lock, pid_t server) {
  const auto text = std::to_string(server) + "\n";
  if (::ftruncate(lock, 0) == 0 &&
      ::pwrite(lock, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()))
    return {};
  return Error{
      .kind = ErrorKind::internal, .code = "data_dir_unusable", .message = "the lock cannot be written"};
}

Result<RunningServer> find_server(const std::string& data_dir) {
  if (const auto free = lock_data_dir(data_dir); free)
    return Error{
        .kind = ErrorKind::not_found, .code = "not_found", .message = "no server runs for " + data_dir};
  else if (free.error().code != "data_dir_in_use")
    return free.error();
  const UniqueFd lock(::open((data_dir + "/lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat file {};
  const auto pid = lock && ::fstat(lock.get(), &file) == 0 ? named_in(lock.get()) : std::nullopt;
  if (pid) {
    // Opens the descriptor first and checks then: the checks are then true of the process that it refers to.
    RunningServer out{.pid = *pid, .process = open_pidfd(*pid)};
    if (out.process && has_open(*pid, file) && named_in(lock.get()) == pid) return out;
  }
  return Error{
      .kind = ErrorKind::conflict,
      .code = "data_dir_in_use",
      .message = data_dir +
                 " is used by a process that is no server, or not to be seen from here; end that one "
                 "first (`fuser " +
                 data_dir + "/lock` names it)"};
}

}  // namespace wye::control
