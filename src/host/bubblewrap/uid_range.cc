#include "host/bubblewrap/uid_range.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "base/process_identity.h"
#include "base/unique_fd.h"

namespace wye::host {
namespace {

namespace fs = std::filesystem;

// Far above what /etc/subuid hands out by default; 16,384 ranges end well below 2^31.
constexpr std::int64_t kFirst = 1 << 28;
constexpr std::int64_t kSize = 65536;
constexpr int kRanges = 16384;
const std::string kDirectory = "/run/wye-uids";

std::string lock_of(std::int64_t base) { return kDirectory + "/" + std::to_string((base - kFirst) / kSize); }

std::string owner_of(const std::string& lock) {
  std::ifstream in(lock);
  std::string session_dir;
  std::getline(in, session_dir);
  return session_dir;
}

// Lets one server at a time look at the locks and change them.
UniqueFd only_one() {
  ::mkdir(kDirectory.c_str(), 0700);
  UniqueFd directory(::open(kDirectory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory && ::flock(directory.get(), LOCK_EX) != 0) directory.reset();
  return directory;
}

// Looks for processes with these uids: a server may see another's processes without seeing its files (in a
// mount namespace of its own).
bool is_run_by_anyone(std::int64_t base) {
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto uid = process_uid(static_cast<pid_t>(std::stol(name)));
    if (uid >= base && uid < base + kSize) return true;
  }
  return false;
}

bool is_stale(const std::string& lock, std::int64_t base) {
  const auto session_dir = owner_of(lock);  // "" when a server died between making the lock and writing to it
  std::error_code ignored;
  return (session_dir.empty() || !fs::exists(session_dir, ignored)) && !is_run_by_anyone(base);
}

}  // namespace

Result<std::int64_t> take_uid_range(const std::string& session_dir) {
  const auto alone = only_one();
  for (int index = 0; alone && index < kRanges; ++index) {
    const auto base = kFirst + index * kSize;
    const auto path = lock_of(base);
    if (::access(path.c_str(), F_OK) == 0 && !is_stale(path, base)) continue;
    const UniqueFd lock(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    const auto text = session_dir + "\n";
    if (lock && ::write(lock.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()))
      return base;
    ::unlink(path.c_str());
    break;
  }
  return Error{.kind = ErrorKind::overloaded,
               .code = "capacity_exhausted",
               .message = "no range of user ids is free for a VM",
               .status = 529};
}

std::int64_t uid_range_of(const std::string& session_dir) {
  std::error_code error;
  for (fs::directory_iterator at(kDirectory, error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    int index = 0;
    const auto [stop, bad] = std::from_chars(name.data(), name.data() + name.size(), index);
    if (bad == std::errc() && stop == name.data() + name.size() && owner_of(at->path()) == session_dir)
      return kFirst + index * kSize;
  }
  return 0;
}

void give_back_uid_range(std::int64_t base, const std::string& session_dir) {
  const auto alone = only_one();
  if (base >= kFirst && owner_of(lock_of(base)) == session_dir) ::unlink(lock_of(base).c_str());
}

}  // namespace wye::host
