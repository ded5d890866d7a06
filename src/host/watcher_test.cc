#include "host/watcher.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <vector>

namespace wye::host {
namespace {

/// A process that waits to be killed.
class Sleeper {
 public:
  Sleeper() : pid_(::fork()) {
    if (pid_ == 0)
      for (;;) ::pause();
  }
  ~Sleeper() { end(); }
  void end() {
    if (pid_ > 0) ::kill(pid_, SIGKILL), ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  [[nodiscard]] UniqueFd pidfd() const {
    return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  }

 private:
  pid_t pid_;
};

class WatcherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    watcher_ = Watcher::start({.died = [this](const std::string& id) { tell("died " + id); },
                               .network_died = [this](const std::string& id) { tell("network " + id); },
                               .spool_grew = [this](const std::string& id) { tell("grew " + id); }})
                   .value();
  }
  void tell(const std::string& what) {
    const std::lock_guard lock(mutex_);
    told_.push_back(what);
    changed_.notify_all();
  }
  /// Returns all that was told, once there are `count` of them.
  std::vector<std::string> told(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(20), [&] { return told_.size() >= count; }));
    return told_;
  }
  /// Tells a last event: what happened before is told before it.
  void tell_last() {
    Sleeper last;
    watcher_->watch_death("last", last.pidfd());
  }
  using Told = std::vector<std::string>;

  std::mutex mutex_;
  std::condition_variable changed_;
  Told told_;
  std::unique_ptr<Watcher> watcher_;
};

TEST_F(WatcherTest, the_deaths_of_a_vm_and_of_its_network_helper_are_told_apart) {
  Sleeper vm, helper;
  watcher_->watch_death("a", vm.pidfd());
  watcher_->watch_network("a", helper.pidfd());
  helper.end();
  EXPECT_EQ(told(1), (Told{"network a"}));
  vm.end();
  EXPECT_EQ(told(2), (Told{"network a", "died a"}));
}

TEST_F(WatcherTest, a_new_network_helper_takes_the_place_of_the_old_one) {
  Sleeper first, second;
  watcher_->watch_network("a", first.pidfd());
  watcher_->watch_network("a", second.pidfd());
  first.end();
  second.end();
  tell_last();
  EXPECT_EQ(told(2), (Told{"network a", "died last"}));
}

TEST_F(WatcherTest, what_is_forgotten_is_told_no_more_and_leaves_no_descriptor) {
  const auto next_free = [] { return UniqueFd(::dup(0)).get(); };
  Sleeper vm, helper;
  const auto before = next_free();
  watcher_->watch_death("a", vm.pidfd());
  watcher_->watch_network("a", helper.pidfd());
  EXPECT_GT(next_free(), before);
  watcher_->forget("a");
  EXPECT_EQ(next_free(), before);
  vm.end();
  helper.end();
  tell_last();
  EXPECT_EQ(told(1), (Told{"died last"}));
}

}  // namespace
}  // namespace wye::host
