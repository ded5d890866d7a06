#include "metro/drivers/uid_range.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/unique_fd.h"
#include "metro/drivers/process_identity.h"

namespace wye::metro {
namespace {

// Far above what /etc/subuid hands out by default; 16,384 ranges end well below 2^31.
constexpr std::int64_t kFirst = 1 << 28;
constexpr std::int64_t kSize = 65536;
constexpr int kRanges = 16384;
const std::string kDirectory = "/run/wye-uids";

std::string lock_of(int index) { return kDirectory + "/" + std::to_string(index); }

// Two VMs of the same ids would not be apart: what lives on without its directory keeps its range.
bool is_lived_in(std::int64_t base) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto uid = process_uid(static_cast<pid_t>(std::stol(name)));
    if (uid >= base && uid < base + kSize) return true;
  }
  return false;
}

bool is_stale(int index) {
  std::ifstream in(lock_of(index));
  std::string session_dir;
  std::error_code ignored;
  return std::getline(in, session_dir) && !session_dir.empty() &&
         !std::filesystem::exists(session_dir, ignored) && !is_lived_in(kFirst + index * kSize);
}

}  // namespace

Result<std::int64_t> take_uid_range(const std::string& session_dir) {
  ::mkdir(kDirectory.c_str(), 0700);
  for (int index = 0; index < kRanges; ++index) {
    const auto path = lock_of(index);
    if (::access(path.c_str(), F_OK) == 0 && is_stale(index)) ::unlink(path.c_str());
    const UniqueFd lock(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!lock && errno == EEXIST) continue;
    const auto text = session_dir + "\n";
    if (!lock || ::write(lock.get(), text.data(), text.size()) < 0) break;
    return kFirst + index * kSize;
  }
  return Error{.kind = ErrorKind::overloaded,
               .code = "capacity_exhausted",
               .message = "no range of user ids is free for a VM",
               .status = 529};
}

void give_back_uid_range(std::int64_t base) {
  if (base >= kFirst) ::unlink(lock_of(static_cast<int>((base - kFirst) / kSize)).c_str());
}

}  // namespace wye::metro
