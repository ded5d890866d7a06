#include "host/bubblewrap/host_limits.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>

#include "host/bubblewrap/vm_limits.h"
#include "host/driver.h"

namespace wye::host {
namespace {

constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kRestOfTheHost = 4096;
// One process in a VM with all files that it may open, and the network helper's connections.
constexpr std::int64_t kFilesPerVm = static_cast<std::int64_t>(kVmOpenFiles + kVmFlows);
// Files of the server for a session, and connections of its clients.
constexpr std::int64_t kServerFilesPerVm = 16, kServerFiles = 512;
// A browser with a plain page; more pages need more.
constexpr std::int64_t kMebibytesPerVm = 256;

std::int64_t number_in(const std::string& path) {
  std::ifstream in(path);
  std::int64_t value = kNoLimit;  // a kernel without this limit
  in >> value;
  return in ? value : kNoLimit;
}
std::int64_t sysctl(std::string name) {
  std::replace(name.begin(), name.end(), '.', '/');
  return number_in("/proc/sys/" + name);
}
std::int64_t resource(__rlimit_resource_t which) {
  rlimit limit{};
  if (::getrlimit(which, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) return kNoLimit;
  return static_cast<std::int64_t>(limit.rlim_max);
}

HostLimit of_kernel(const std::string& name, std::int64_t per_vm, std::int64_t own) {
  return {.name = name, .setting = "sysctl " + name + "=", .has = sysctl(name), .per_vm = per_vm, .own = own};
}

std::int64_t memory_mebibytes() {
  return static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE) >> 20;
}

// Adds what the kernel counts by user: an ordinary user's VMs share what that user has.
void add_shared_by_an_ordinary_user(std::vector<HostLimit>& out, std::int64_t tasks) {
  for (const auto& count : kVmKernelCounts)
    if (count.most > 0) out.push_back(of_kernel(std::string("user.") + count.name, count.most, 64));
  out.push_back({"tasks of this user", "ulimit -u ", resource(RLIMIT_NPROC), tasks, 64});
  out.push_back(
      {"queued signals of this user", "ulimit -i ", resource(RLIMIT_SIGPENDING), kVmQueuedSignals, 64});
}

// Adds what root needs: there every VM has a user of its own, and root itself watches the spools.
void add_those_of_root(std::vector<HostLimit>& out) {
  out.push_back(of_kernel("user.max_inotify_watches", 1, kRestOfTheHost));
  for (const auto& count : kVmKernelCounts)
    if (count.most > 0) out.push_back(of_kernel(std::string("user.") + count.name, 0, count.most));
}

}  // namespace

Finding judge(const HostLimit& limit, std::int64_t sessions) {
  const auto needed = limit.own + limit.per_vm * sessions;
  const auto found = limit.has == kNoLimit ? std::string("unlimited") : std::to_string(limit.has);
  if (limit.has >= needed) return {limit.name, Health::ok, found, ""};
  std::string step = limit.setting.empty() ? "" : limit.setting + std::to_string(needed);
  if (limit.per_vm > 0 && limit.has > limit.own)
    step += (step.empty() ? "" : ", or ") + std::string("wye serve --max-sessions ") +
            std::to_string(std::max<std::int64_t>(1, (limit.has - limit.own) / limit.per_vm));
  return {limit.name, Health::warning,
          found + ", and " + std::to_string(sessions) + " browsers may need " + std::to_string(needed), step};
}

std::vector<HostLimit> host_limits() {
  const auto tasks = static_cast<std::int64_t>(VmSpec{}.max_tasks);
  std::vector<HostLimit> out{
      of_kernel("kernel.pid_max", tasks, kRestOfTheHost),
      of_kernel("kernel.threads-max", tasks, kRestOfTheHost),
      of_kernel("fs.file-max", kFilesPerVm, kRestOfTheHost),
      // The kernel keeps a reserve of terminals for the host.
      of_kernel("kernel.pty.max", kVmTerminals,
                sysctl("kernel.pty.reserve") == kNoLimit ? 0 : sysctl("kernel.pty.reserve")),
      {"open files", "ulimit -n ", resource(RLIMIT_NOFILE), kServerFilesPerVm, kServerFiles},
      {"memory (MiB)", "", memory_mebibytes(), kMebibytesPerVm, 512}};
  // On the host the network helper has the VMs' connections. Counted only where the host tracks connections.
  if (const auto tracked = sysctl("net.netfilter.nf_conntrack_max"); tracked != kNoLimit)
    out.push_back(
        of_kernel("net.netfilter.nf_conntrack_max", static_cast<std::int64_t>(kVmFlows), kRestOfTheHost));
  ::geteuid() == 0 ? add_those_of_root(out) : add_shared_by_an_ordinary_user(out, tasks);
  return out;
}

std::vector<Finding> examine_host_limits(std::int64_t sessions) {
  std::vector<Finding> out;
  for (const auto& limit : host_limits())
    if (auto finding = judge(limit, sessions); finding.health != Health::ok)
      out.push_back(std::move(finding));
  if (out.empty())
    out.push_back({"limits", Health::ok, "last for " + std::to_string(sessions) + " browsers at once", ""});
  return out;
}

Finding examine_core_handler() {
  std::ifstream in("/proc/sys/kernel/core_pattern");
  std::string pattern;
  std::getline(in, pattern);
  if (pattern.starts_with('|') && resource(RLIMIT_CORE) == 0)
    return {
        "core dumps", Health::warning,
        "a crash inside a VM starts the host's handler, as root: with a hard limit of 0 it cannot be refused",
        "systemd: LimitCORE=infinity, or `ulimit -Hc unlimited` before wye serve"};
  return {"core dumps", Health::ok, "crashes inside a VM start no handler of the host's", ""};
}

}  // namespace wye::host
