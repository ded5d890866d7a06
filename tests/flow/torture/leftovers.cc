#include "leftovers.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "jail_cgroups.h"
#include "processes.h"

namespace wye::torture {
namespace {

namespace fs = std::filesystem;

constexpr int kSlack = 4;           // files and threads that a server may open late, once
constexpr int kSocketsOfRelay = 2;  // its listener, and the server's link
constexpr int kConnections = 17;    // to its database, which it opens as it needs them

std::set<std::string> lines_of(const std::string& path) {
  std::set<std::string> out;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) out.insert(line);
  return out;
}

std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> out;
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    out.push_back(at->path().filename());
  return out;
}

}  // namespace

Leftovers::Leftovers(const World& world) : mounts_(lines_of("/proc/self/mountinfo")) {
  server_ = world.server_pid();
}

std::vector<std::string> Leftovers::find(const World& world) {
  std::vector<std::string> out;
  const auto relays = find_relays();
  for (const auto& process : all_processes()) {
    const bool ours = process.pid == 1 || process.pid == ::getpid() || process.pid == world.server_pid() ||
                      (relays.size() == 1 && process.pid == relays[0]) ||
                      (world.has_database() && process.command.find("postgres") != std::string::npos);
    if (!ours)
      out.push_back("process " + std::to_string(process.pid) + (process.dead ? " (dead) " : " ") +
                    process.command);
  }
  for (const auto& line : lines_of("/proc/self/mountinfo"))
    if (mounts_.count(line) == 0) out.push_back("mount " + line);
  for (const auto& line : lines_of("/proc/net/unix"))
    if (line.find("agent.sock") != std::string::npos) out.push_back("socket " + line);
  for (const auto& name : names_in(world.data_dir() + "/sessions")) out.push_back("directory of " + name);
  for (const auto& name : names_in("/run/wye-uids")) out.push_back("uid lock " + name);
  for (const auto& group : JailCgroups::groups()) out.push_back("cgroup " + group);
  // Without a browser a relay has nothing to relay.
  for (const auto relay : relays) {
    const auto files = open_files(relay);
    const auto sockets = std::count_if(files.begin(), files.end(),
                                       [](const std::string& file) { return file.starts_with("socket:"); });
    if (sockets > kSocketsOfRelay) out.push_back("the relay has " + std::to_string(sockets) + " sockets");
  }
  check_server(world, out);
  return out;
}

void Leftovers::check_server(const World& world, std::vector<std::string>& out) {
  const auto pid = world.server_pid();
  const auto files = open_files(pid);
  for (const auto& file : files)
    if (file.find("/sessions/") != std::string::npos) out.push_back("open file of the server: " + file);
  for (const auto& entry : names_in("/proc/" + std::to_string(pid) + "/fdinfo"))
    for (const auto& line : lines_of("/proc/" + std::to_string(pid) + "/fdinfo/" + entry))
      if (line.starts_with("inotify wd")) out.push_back("watch of the server: " + line);
  const int count = static_cast<int>(files.size()), threads = count_threads(pid);
  if (!out.empty()) return;
  if (pid != server_ || files_ == 0) {
    server_ = pid;
    files_ = count;
    threads_ = threads;
    return;
  }
  if (count > files_ + kSlack + (world.has_database() ? kConnections : 0))
    out.push_back("the server has " + std::to_string(count) + " open files, " + std::to_string(files_) +
                  " before");
  if (threads > threads_ + kSlack)
    out.push_back("the server has " + std::to_string(threads) + " threads, " + std::to_string(threads_) +
                  " before");
}

}  // namespace wye::torture
