#include "vm/chromium/zygotes.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/beneath.h"

namespace wye::vm {
namespace {

namespace fs = std::filesystem;

// Bounds what is read about a process; a command line may be long.
constexpr std::size_t kMaxText = 64u << 10;

std::string text_of(const std::string& process, const char* what) {
  auto text = beneath::read("/proc", process + "/" + what, kMaxText);
  return text ? std::move(*text) : std::string();
}

bool is_zygote_of(const std::string& process, pid_t parent) {
  const auto status = text_of(process, "status");
  if (status.find("\nPPid:\t" + std::to_string(parent) + "\n") == std::string::npos) return false;
  return text_of(process, "cmdline").find("--type=zygote") != std::string::npos;
}

}  // namespace

std::vector<UniqueFd> open_zygotes(pid_t chromium) {
  std::vector<UniqueFd> out;
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos || !is_zygote_of(name, chromium)) continue;
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, std::stol(name), 0)));
    if (pidfd) out.push_back(std::move(pidfd));
  }
  return out;
}

}  // namespace wye::vm
