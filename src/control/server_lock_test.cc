#include "control/server_lock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/process_identity.h"
#include "control/data_dir.h"
#include "control/store/testing/scratch_dir.h"

namespace wye::control {
namespace {

class ServerLock : public ::testing::Test {
 protected:
  [[nodiscard]] std::string code() const {
    const auto found = find_server(directory_);
    return found ? "found" : found.error().code;
  }
  testing::ScratchDir scratch_;
  const std::string directory_ = scratch_.path();
};

TEST_F(ServerLock, leads_to_the_server_as_long_as_it_holds_it) {
  EXPECT_EQ(code(), "not_found");
  auto lock = lock_data_dir(directory_);
  ASSERT_TRUE(lock);
  ASSERT_TRUE(say_server(lock->get(), ::getpid()));
  const auto found = find_server(directory_);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->pid, ::getpid());
  EXPECT_FALSE(wait_dead(found->process.get(), 0));
  lock->reset();
  EXPECT_EQ(code(), "not_found");
}

TEST_F(ServerLock, is_not_taken_for_a_server_when_another_command_holds_it) {
  {
    const auto lock = lock_data_dir(directory_);
    ASSERT_TRUE(say_server(lock->get(), ::getpid()));
  }
  const auto other = lock_data_dir(directory_);
  ASSERT_TRUE(other);
  EXPECT_EQ(code(), "data_dir_in_use") << "what an earlier server has left there says nothing";
}

TEST_F(ServerLock, does_not_lead_to_a_process_that_only_has_the_number) {
  const auto lock = lock_data_dir(directory_);
  const pid_t stranger = ::fork();
  if (stranger == 0) {
    ::execlp("sleep", "sleep", "1000", nullptr);  // without the descriptor, which closes
    ::_exit(1);
  }
  ASSERT_TRUE(say_server(lock->get(), stranger));
  while (process_name(stranger) != "sleep") ::usleep(1000);
  EXPECT_EQ(code(), "data_dir_in_use");
  ::kill(stranger, SIGKILL);
  ::waitpid(stranger, nullptr, 0);
  EXPECT_EQ(code(), "data_dir_in_use");
  for (const auto* text : {"", "x", "-1\n", "0\n", "99999999999999\n", "1"}) {
    std::ofstream(directory_ + "/lock") << text;
    EXPECT_EQ(code(), "data_dir_in_use") << text;
  }
}

}  // namespace
}  // namespace wye::control
