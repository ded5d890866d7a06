#include "cli/own_paths.h"

#include <filesystem>

namespace wye::cli {

std::string own_binary() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

std::string agent_binary() {
  const auto directory = std::filesystem::path(own_binary()).parent_path();
  for (const auto& candidate : {directory / "wye-vm", directory / ".." / "libexec" / "wye" / "wye-vm"}) {
    std::error_code error;
    if (std::filesystem::exists(candidate, error))
      return std::filesystem::weakly_canonical(candidate, error).string();
  }
  return (directory / "wye-vm").string();
}

std::vector<std::string> vm_launcher() { return {own_binary(), "internal", "launch-vm"}; }

}  // namespace wye::cli
