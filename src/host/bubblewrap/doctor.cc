#include "host/bubblewrap/doctor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/unique_fd.h"
#include "host/bubblewrap/cgroup.h"
#include "host/bubblewrap/host_limits.h"
#include "host/bubblewrap/launch_steps.h"

namespace wye::host {
namespace {

std::string first_line_of(const char* command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command, "r"), ::pclose);
  std::array<char, 256> line{};
  if (!pipe || std::fgets(line.data(), line.size(), pipe.get()) == nullptr) return {};
  std::string text(line.data());
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

Finding tool(const char* name, const char* command, const char* package) {
  const auto found = first_line_of(command);
  if (!found.empty()) return {name, Health::ok, found, ""};
  return {name, Health::failure, "not found", std::string("apt-get install ") + package};
}

Finding user_namespaces() {
  const pid_t child = fork_alone();
  if (child == 0) ::_exit(::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID) == 0 ? 0 : 1);
  int status = 1;
  if (child > 0) ::waitpid(child, &status, 0);
  if (child > 0 && status == 0) return {"user namespaces", Health::ok, "can be made", ""};
  return {"user namespaces", Health::failure, "refused by the kernel",
          "sysctl user.max_user_namespaces=10000 (Debian: kernel.unprivileged_userns_clone=1)"};
}

Finding tun_device() {
  const UniqueFd tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (tun) return {"/dev/net/tun", Health::ok, "usable", ""};
  const bool there = std::filesystem::exists("/dev/net/tun");
  return {"/dev/net/tun", Health::failure, there ? "not writable by this user" : "missing",
          there ? "chmod 0666 /dev/net/tun, or run as root" : "modprobe tun"};
}

Finding cgroups() {
  if (cgroups_usable())
    return {"cgroups", Health::ok, std::filesystem::exists("/sys/fs/cgroup/cgroup.controllers") ? "v2" : "v1",
            ""};
  return {"cgroups", Health::warning, "not writable: memory and tasks of a VM are not limited",
          "run as root, or limit this user as a whole (systemd: MemoryMax=, TasksMax=)"};
}

Finding user() {
  if (::geteuid() == 0) return {"user", Health::ok, "root: each VM has a range of user ids of its own", ""};
  return {"user", Health::warning,
          "ordinary: all VMs run with this user's id, kept apart by namespaces alone; as_root is root in "
          "name only",
          "run as root (docs/operating.md) for user ids of each VM's own"};
}

// Checks whether the kernel's log can be read, where it says which process it killed when memory ran out.
Finding kernel_log() {
  const UniqueFd log(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (log) return {"kernel log", Health::ok, "readable", ""};
  return {"kernel log", Health::warning, "not readable: telemetry does not tell of out-of-memory kills",
          "sysctl kernel.dmesg_restrict=0, or run as root"};
}

// Looks for a font of each script, in one shell. The last one is for emoji; the others have the name of the
// script or of its people.
Finding fonts() {
  if (first_line_of("command -v fc-list").empty())
    return {"fonts", Health::warning, "cannot be looked at: fc-list is missing",
            "apt-get install fontconfig"};
  const auto missing = first_line_of(
      "for l in zh-cn zh-tw ja ko hi bn ta th ar he el ru vi und-zsye; do "
      "[ -n \"$(fc-list :lang=$l file | head -c 1)\" ] || printf '%s ' $l; done");
  if (missing.empty()) return {"fonts", Health::ok, "for Asian, Indic and other scripts, and emoji", ""};
  return {"fonts", Health::warning, "pages show boxes in the place of: " + missing,
          "apt-get install fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji"};
}

// Looks for what runs clients' code in a VM, beside the agent.
Finding node(const std::string& agent_path) {
  const auto place = std::filesystem::path(agent_path).parent_path() / "node";
  const auto program = place / "bin" / "node";
  if (::access(program.c_str(), X_OK) == 0 && std::filesystem::exists(place / "execute.mjs"))
    return {"node", Health::ok, "for playwright/execute", ""};
  return {"node", Health::warning, "missing: playwright/execute answers 501",
          "apt-get install npm, then src/vm/node/install_node " + place.string()};
}

Finding ports() {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const UniqueFd v6(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 loopback{.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
  const bool has_v6 = v6 && ::bind(v6.get(), reinterpret_cast<sockaddr*>(&loopback), sizeof loopback) == 0;
  if (socket && ::listen(socket.get(), 1) == 0)
    return {"ports", Health::ok,
            std::string("a TCP port can be listened on, by IPv4 ") + (has_v6 ? "and IPv6" : "only"), ""};
  return {"ports", Health::failure, "no TCP port can be listened on",
          "check the network namespace and seccomp policy of this shell"};
}

Finding disk(const std::string& data_dir) {
  struct statvfs space {};
  std::filesystem::path at = data_dir.empty() ? "." : data_dir;
  while (!at.empty() && at != at.parent_path() && !std::filesystem::exists(at)) at = at.parent_path();
  if (::statvfs(at.empty() ? "." : at.c_str(), &space) != 0)
    return {"disk", Health::warning, "cannot be measured", ""};
  const auto mebibytes = space.f_bavail * (space.f_frsize / 1024) / 1024;
  const auto found = std::to_string(mebibytes) + " MiB free";
  if (mebibytes >= 1024) return {"disk", Health::ok, found, ""};
  return {"disk", Health::warning, found, "free some space: telemetry stops when the disk is full"};
}

}  // namespace

std::vector<Finding> examine_machine(const std::string& data_dir, const std::string& agent_path,
                                     std::int64_t max_sessions) {
  utsname kernel{};
  ::uname(&kernel);
  std::vector<Finding> out{
      {"kernel", Health::ok, std::string(kernel.sysname) + " " + kernel.release, ""},
      user(),
      tool("chromium", "chromium --version 2>/dev/null", "chromium"),
      tool("bubblewrap", "bwrap --version 2>/dev/null", "bubblewrap"),
      tool("slirp4netns", "slirp4netns --version 2>/dev/null", "slirp4netns"),
      tool("nftables", "PATH=$PATH:/usr/sbin:/sbin nft --version 2>/dev/null", "nftables"),
      user_namespaces(),
      tun_device(),
      cgroups(),
      kernel_log(),
      examine_core_handler(),
      fonts(),
      node(agent_path),
      ports(),
      disk(data_dir)};
  for (auto& finding : examine_host_limits(max_sessions)) out.push_back(std::move(finding));
  return out;
}

}  // namespace wye::host
