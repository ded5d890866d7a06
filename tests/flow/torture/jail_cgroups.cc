#include "jail_cgroups.h"

#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

namespace wye::torture {
namespace {

namespace fs = std::filesystem;

const std::string kPrefix = "wye-torture-";

// Finds the hierarchies like src/host/bubblewrap/cgroup.cc: version 1 by controller, or version 2.
std::vector<fs::path> hierarchies() {
  const fs::path root = "/sys/fs/cgroup";
  if (fs::exists(root / "cgroup.controllers")) return {root};
  std::vector<fs::path> out;
  for (const auto* controller : {"memory", "pids", "cpu"})
    if (fs::exists(root / controller / "tasks")) out.push_back(root / controller);
  return out;
}

std::vector<fs::path> directories_in(const fs::path& path) {
  std::vector<fs::path> out;
  std::error_code error;
  for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    if (at->is_directory(ignored)) out.push_back(at->path());
  }
  return out;
}

void remove_tree(const fs::path& group) {
  for (const auto& below : directories_in(group)) remove_tree(below);
  ::rmdir(group.c_str());
}

}  // namespace

JailCgroups::JailCgroups() : name_(kPrefix + std::to_string(::getpid())) {
  for (const auto& root : hierarchies()) {
    for (const auto& group : directories_in(root)) {
      const auto name = group.filename().string();
      if (!name.starts_with(kPrefix)) continue;
      if (::kill(std::atoi(name.c_str() + kPrefix.size()), 0) != 0) remove_tree(group);
    }
    std::error_code ignored;
    fs::create_directory(root / name_, ignored);
  }
}

void JailCgroups::remove() const {
  for (const auto& root : hierarchies()) remove_tree(root / name_);
}

void JailCgroups::enter() const {
  for (const auto& root : hierarchies()) {
    std::error_code ignored;
    fs::create_directory(root / "wye", ignored);
    if (::mount((root / name_).c_str(), (root / "wye").c_str(), nullptr, MS_BIND, nullptr) != 0)
      std::perror("the jail's cgroups");
  }
}

std::vector<std::string> JailCgroups::groups() {
  std::vector<std::string> out;
  for (const auto& root : hierarchies())
    for (const auto& group : directories_in(root / "wye")) out.push_back(group);
  return out;
}

}  // namespace wye::torture
