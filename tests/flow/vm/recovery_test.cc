// Repairs after a part of a VM died or a launch was broken off, and VMs that are not on record.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "base/process_identity.h"
#include "host/bubblewrap/session_processes.h"
#include "host/bubblewrap/uid_range.h"
#include "probe_vm.h"
#include "testing/loopback.h"

namespace wye::host {
namespace {

namespace fs = std::filesystem;

class Recovery : public ProbeVm {
 protected:
  /// Tells whether the VM reaches this host's loopback.
  bool has_network() {
    const auto listener = testing::listen_on_loopback();
    return as_kernel("perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new(PeerAddr => \"10.0.2.2:" +
                     std::to_string(listener.port) + "\", Timeout => 5) ? 0 : 1)'")
               .code == 0;
  }
  void kill_network_helper() {
    const auto helper = network(record_);
    ASSERT_TRUE(helper);
    ASSERT_EQ(::kill(static_cast<pid_t>(record_.network_helper_pid), SIGKILL), 0);
    ASSERT_TRUE(wait_dead(helper->get(), 5000));
  }
  void expect_nothing_left(const std::string& id) {
    EXPECT_EQ(processes_of_session(directory_), std::vector<pid_t>{});
    EXPECT_EQ(uid_range_of(directory_), 0);
    for (const auto* root : {"/sys/fs/cgroup/memory/wye/", "/sys/fs/cgroup/pids/wye/", "/sys/fs/cgroup/wye/"})
      EXPECT_FALSE(fs::exists(root + id)) << root;
    for (const auto* file : {"/agent.sock", "/alive", "/vm.json"})
      EXPECT_FALSE(fs::exists(directory_ + file));
  }
};

TEST_F(Recovery, a_network_helper_that_died_is_replaced) {
  launch(true);
  ASSERT_TRUE(has_network());
  kill_network_helper();
  ASSERT_FALSE(network(record_));
  ASSERT_FALSE(has_network());
  const auto restarted = restart_network(record_);
  ASSERT_TRUE(restarted) << restarted.error().message;
  EXPECT_TRUE(network(*restarted));
  EXPECT_TRUE(has_network());
  // The server may die before the new one is on record; then it is found, and not started a second time.
  const auto again = restart_network(record_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->network_helper_pid, restarted->network_helper_pid);
  record_ = *restarted;
}

TEST_F(Recovery, a_replaced_network_helper_ends_with_its_vm) {
  launch();
  kill_network_helper();
  const auto restarted = restart_network(record_);
  ASSERT_TRUE(restarted);
  const auto helper = network(*restarted);
  ASSERT_TRUE(helper);
  ASSERT_EQ(::kill(static_cast<pid_t>(record_.pid), SIGKILL), 0);
  EXPECT_TRUE(wait_dead(helper->get(), 5000));
}

TEST_F(Recovery, a_vm_that_is_no_more_gets_no_network_helper) {
  launch();
  const auto record = record_;
  ASSERT_TRUE(destroy(record));
  EXPECT_FALSE(restart_network(record));
  EXPECT_EQ(processes_of_session(directory_), std::vector<pid_t>{});
}

// Simulates a launcher that died with a VM behind it: its answer is lost.
TEST_F(Recovery, a_launch_whose_answer_is_lost_leaves_nothing) {
  BubblewrapDriver forgetful(
      {"/bin/sh", "-c", std::string(std::getenv("WYE_BIN")) + " internal launch-vm; : > /proc/self/fd/4"});
  const auto made = forgetful.launch(
      {.place = {"lost-answer", directory_}, .agent_path = "/bin/sleep", .memory_bytes = 1 << 28});
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("did not answer"), std::string::npos) << made.error().message;
  expect_nothing_left("lost-answer");
}

TEST_F(Recovery, a_vm_is_ended_without_any_record_of_it) {
  launch();
  const VmPlace place{record_.session_id, directory_};
  ASSERT_TRUE(driver_.runs(place));
  // A process that reads the log of a session is not part of the session.
  const pid_t reader = ::fork();
  if (reader == 0) ::execlp("tail", "tail", "-f", (directory_ + "/agent.log").c_str(), nullptr);
  EXPECT_TRUE(driver_.destroy(place, ""));
  EXPECT_FALSE(driver_.runs(place));
  EXPECT_EQ(processes_of_vm(), 0u);
  EXPECT_EQ(::kill(reader, SIGTERM), 0);
  int status = 0;
  ::waitpid(reader, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << "it lived until the signal";
}

TEST_F(Recovery, a_uid_range_is_given_back_by_its_owner_alone) {
  const auto base = take_uid_range(directory_);
  ASSERT_TRUE(base);
  EXPECT_EQ(uid_range_of(directory_), *base);
  give_back_uid_range(*base, "/another/session");
  EXPECT_EQ(uid_range_of(directory_), *base);
  give_back_uid_range(*base, directory_);
  EXPECT_EQ(uid_range_of(directory_), 0);
}

TEST_F(Recovery, a_uid_range_in_use_is_not_taken_where_its_session_cannot_be_seen) {
  launch();
  fs::rename(directory_, directory_ + "-away");
  const auto other = take_uid_range(directory_ + "-other");
  fs::rename(directory_ + "-away", directory_);
  ASSERT_TRUE(other);
  EXPECT_NE(*other, record_.host_uid);
  give_back_uid_range(*other, directory_ + "-other");
}

}  // namespace
}  // namespace wye::host
