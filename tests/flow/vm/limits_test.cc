// Resources that the kernel counts by user or for the whole host, and slirp4netns, which is a process on the
// host.
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/process_identity.h"
#include "host/bubblewrap/vm_limits.h"
#include "probe_vm.h"

namespace wye::host {
namespace {

namespace fs = std::filesystem;

std::string file(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class Limits : public ProbeVm {
 protected:
  [[nodiscard]] fs::path helper() const { return "/proc/" + std::to_string(record_.network_helper_pid); }
  // Reads from its status ("Uid:") or its limits ("Max open files").
  [[nodiscard]] std::string line_of(const char* name, const std::string& key) const {
    std::istringstream text(file(helper() / name));
    for (std::string line; std::getline(text, line);)
      if (line.starts_with(key)) return line;
    return {};
  }
  void replace_helper() {
    const auto helper_before = network(record_);
    ASSERT_TRUE(helper_before);
    ASSERT_EQ(::kill(static_cast<pid_t>(record_.network_helper_pid), SIGKILL), 0);
    ASSERT_TRUE(wait_dead(helper_before->get(), 5000));  // a dying one would be taken for a new one
    const auto restarted = restart_network(record_);
    ASSERT_TRUE(restarted) << restarted.error().message;
    record_ = *restarted;
  }
  void expect_contained() {
    const auto uid = std::to_string(record_.host_uid);
    EXPECT_EQ(line_of("status", "Uid:"), "Uid:\t" + uid + "\t" + uid + "\t" + uid + "\t" + uid);
    EXPECT_EQ(line_of("status", "Gid:"), "Gid:\t" + uid + "\t" + uid + "\t" + uid + "\t" + uid);
    EXPECT_EQ(line_of("status", "Groups:"), "Groups:\t ");
    EXPECT_NE(fs::read_symlink(helper() / "ns/user"), fs::read_symlink("/proc/self/ns/user"));
    EXPECT_EQ(fs::read_symlink(helper() / "ns/net"), fs::read_symlink("/proc/self/ns/net"));
    EXPECT_NE(file(helper() / "cgroup").find(record_.cgroup + "\n"), std::string::npos);
    std::istringstream files(line_of("limits", "Max open files").substr(14));
    std::uint64_t soft = 0, hard = 0;
    files >> soft >> hard;
    EXPECT_LE(soft, kVmFlows + 64);
    EXPECT_LE(hard, kVmFlows + 64);
    EXPECT_NE(line_of("limits", "Max core file size").find(" 1 "), std::string::npos);
  }
};

TEST_F(Limits, what_the_kernel_counts_by_user_is_not_counted_for_the_hosts_root) {
  launch();
  const UniqueFd network(
      ::open(("/proc/" + std::to_string(record_.pid) + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
  const UniqueFd outer(::ioctl(network.get(), NS_GET_USERNS));
  ASSERT_TRUE(outer);
  uid_t owner = 0;
  ASSERT_EQ(::ioctl(outer.get(), NS_GET_OWNER_UID, &owner), 0);
  EXPECT_EQ(owner, static_cast<uid_t>(record_.host_uid));
}

// A VM that takes all it can get leaves the host its own instances; otherwise a server could not be started
// beside it.
TEST_F(Limits, inotify_instances_of_a_vm_are_its_own) {
  launch();
  const auto taken = as_kernel(
      "perl -e '$n = 0; $n++ while syscall(294, 0) >= 0; print \"$n\\n\"; close STDOUT; close STDERR; sleep "
      "60' &");
  EXPECT_EQ(taken.output, "16\n");
  EXPECT_EQ(as_root("perl -e 'exit(syscall(294, 0) < 0 ? 0 : 1)'").code, 0) << "it has no more, even as root";
  const UniqueFd ours(::inotify_init1(IN_CLOEXEC));
  EXPECT_TRUE(ours);
}

TEST_F(Limits, the_network_helper_is_nobody_on_the_host_and_within_the_vms_bounds) {
  launch();
  expect_contained();
  replace_helper();
  expect_contained();
}

// The helper's tasks count in the VM's cgroup, which may be full when a new one is needed.
TEST_F(Limits, a_vm_whose_tasks_are_used_up_gets_its_network_again) {
  max_tasks_ = 40;
  launch();
  const auto full = as_kernel(
      "perl -e 'while (defined($p = fork)) { if (!$p) { close STDOUT; close STDERR; sleep 100 } } print "
      "\"full\\n\"'");
  ASSERT_EQ(full.output, "full\n");
  replace_helper();
  EXPECT_TRUE(network(record_));
  expect_contained();
}

// The test's own network has a route for public addresses that ends here: no packet leaves the machine.
TEST_F(Limits, flows_are_bounded_and_the_helper_survives_their_end) {
  ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
  ASSERT_EQ(std::system("ip link set lo up && ip route add 93.184.0.0/16 dev lo"), 0);
  launch();
  // Sends in small groups and more than once, since the VM's link drops bursts.
  const auto sent = as_kernel(
      "perl -MSocket -e '$to = pack_sockaddr_in(9, inet_aton(\"93.184.216.34\")); for (1..3000) { "
      "socket($s[$_], "
      "AF_INET, SOCK_DGRAM, 0) or die; } for (1..3) { for (1..3000) { send($s[$_], \"x\", 0, $to); "
      "select(undef, "
      "undef, undef, 0.001) unless $_ % 50 } } print \"sent\\n\"'");
  ASSERT_EQ(sent.output, "sent\n");
  std::size_t open = 0;
  for ([[maybe_unused]] const auto& fd : fs::directory_iterator(helper() / "fd")) ++open;
  EXPECT_LE(open, kVmFlows + 64);
  EXPECT_TRUE(network(record_));
}

}  // namespace
}  // namespace wye::host
