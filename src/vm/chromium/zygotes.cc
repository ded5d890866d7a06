#include "vm/chromium/zygotes.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace wye::vm {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

bool is_zygote_of(const fs::path& process, pid_t parent) {
  const auto status = read_file(process / "status");
  if (status.find("\nPPid:\t" + std::to_string(parent) + "\n") == std::string::npos) return false;
  return read_file(process / "cmdline").find("--type=zygote") != std::string::npos;
}

}  // namespace

std::vector<UniqueFd> open_zygotes(pid_t chromium) {
  std::vector<UniqueFd> out;
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos || !is_zygote_of(at->path(), chromium))
      continue;
    UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, std::stol(name), 0)));
    if (pidfd) out.push_back(std::move(pidfd));
  }
  return out;
}

}  // namespace wye::vm
