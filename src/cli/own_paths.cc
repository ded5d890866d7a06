#include "cli/own_paths.h"

#include <filesystem>

namespace wye::cli {

namespace {

std::string beside(const std::string& name) {
  const auto directory = std::filesystem::path(own_binary()).parent_path();
  for (const auto& candidate :
       {directory / name, directory / ".." / "libexec" / "wye" / name, directory / ".." / "bin" / name}) {
    std::error_code error;
    if (std::filesystem::exists(candidate, error))
      return std::filesystem::weakly_canonical(candidate, error).string();
  }
  return (directory / name).string();
}

}  // namespace

std::string own_binary() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

std::string agent_binary() { return beside("wye-vm"); }
std::string relay_binary() { return beside("wye-relay"); }

std::vector<std::string> vm_launcher() { return {own_binary(), "internal", "launch-vm"}; }

}  // namespace wye::cli
