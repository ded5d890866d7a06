// Real processes, outside of a VM: this process stands for pid 1 as the one that inherits orphans.
#include "vm/command/commands.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "vm/command/command_mark.h"
#include "vm/command/launch_command.h"
#include "vm/command/output_pipe.h"
#include "vm/lifecycle/end_signals.h"
#include "vm/lifecycle/own_children.h"

namespace wye::vm {
namespace {

class CommandsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    before_ = own_children();
  }
  struct Outcome {
    std::string error, output;
    std::optional<int> code;
  };
  // Runs it to its end. With `kill_after`, it is killed once it has written that.
  Outcome run(std::vector<std::string> words, const std::string& kill_after = "") {
    Outcome out;
    CommandSpec spec{.words = std::move(words), .directory = "/"};
    spec.user = command_user(commands_.users(), "", false).value();
    boost::asio::co_spawn(io_, follow(std::move(spec), kill_after, out), boost::asio::detached);
    io_.restart();
    io_.run();
    return out;
  }
  net::Task<> follow(CommandSpec spec, std::string kill_after, Outcome& out) {
    auto command = co_await commands_.start(std::move(spec));
    if (!command) {
      out.error = command.error().code;
      co_return;
    }
    OutputPipe pipe(io_, (*command)->take_output(), [&](std::string_view bytes) {
      out.output += bytes;
      if (!kill_after.empty() && out.output.find(kill_after) != std::string::npos) (*command)->kill();
    });
    co_await (*command)->wait();
    pipe.finish();
    out.code = (*command)->exit_code();
  }
  std::vector<pid_t> before_;
  boost::asio::io_context io_{1};
  const Log log_{LogLevel::off};
  Commands commands_{io_, VmUsers{.home = "/"}, log_};
};

TEST_F(CommandsTest, a_command_ends_with_its_code_and_all_that_it_wrote) {
  const auto done = run({"sh", "-c", "seq 200000 | tail -1; exit 3"});
  EXPECT_EQ(done.output, "200000\n");
  EXPECT_EQ(done.code, 3);
  EXPECT_EQ(run({"sh", "-c", "kill -9 $$"}).code, -1);
  EXPECT_EQ(commands_.running(), 0u);
}

TEST_F(CommandsTest, what_cannot_be_run_says_why) {
  EXPECT_EQ(run({"no-such-command"}).error, "command_not_found");
  EXPECT_EQ(run({"/etc/passwd"}).error, "not_executable");
  EXPECT_EQ(run({"true", std::string(200'000, 'x')}).error, "arguments_too_large");
}

TEST_F(CommandsTest, nothing_stays_of_what_has_left_the_group_and_keeps_the_pipe) {
  const auto done =
      run({"sh", "-c", "(setsid sleep 1000 &) ; setsid sh -c 'sleep 1000 & sleep 1000' & echo up"});
  EXPECT_EQ(done.code, 0);
  EXPECT_EQ(done.output, "up\n");
  EXPECT_EQ(own_children(), before_);
}

TEST_F(CommandsTest, a_kill_reaches_all_that_it_has_started) {
  const auto done = run({"sh", "-c", "(setsid sh -c 'echo up; sleep 1000' &) ; sleep 1000"}, "up");
  EXPECT_EQ(done.code, -1);
  EXPECT_EQ(own_children(), before_);
}

TEST_F(CommandsTest, no_process_loses_its_mark) {
  EXPECT_NE(run({"sh", "-c", "prlimit --locks=7 true"}).code, 0);
  EXPECT_NE(run({"sh", "-c", "exec 2>/dev/null; ulimit -x 7"}).code, 0);
  EXPECT_EQ(run({"sh", "-c", "ulimit -n 64; ulimit -n"}).output, "64\n");
}

TEST_F(CommandsTest, a_command_has_no_descriptor_of_ours_and_is_killed_first) {
  EXPECT_EQ(run({"sh", "-c", "ls /proc/self/fd | wc -l"}).output, "4\n") << "ls opens one itself";
  EXPECT_EQ(run({"cat", "/proc/self/oom_score_adj"}).output, "800\n");
  EXPECT_EQ(run({"grep", "-c", "^NoNewPrivs:.1$", "/proc/self/status"}).output, "1\n");
}

// Where the server has been given a lower priority, too, from which nobody may go back.
TEST_F(CommandsTest, a_command_goes_after_the_agent_whatever_the_agents_own_priority) {
  const int ours = ::getpriority(PRIO_PROCESS, 0);
  EXPECT_EQ(run({"nice"}).output, std::to_string(std::min(ours + 5, 19)) + "\n");
}

TEST(CommandMark, is_read_from_the_kernels_table) {
  EXPECT_EQ(find_command_mark("Limit  Soft\nMax file locks            42        42        locks\n"), 42u);
  EXPECT_EQ(find_command_mark("\nMax file locks            unlimited  unlimited  locks\n"), std::nullopt);
  EXPECT_EQ(find_command_mark(""), std::nullopt);
  EXPECT_EQ(find_command_mark("\nMax file locks "), std::nullopt);
}

TEST(OwnChildren, are_numbers_between_spaces) {
  EXPECT_EQ(parse_children("12 3 x 45 "), (std::vector<pid_t>{12, 3, 45}));
  EXPECT_TRUE(parse_children("").empty());
}

TEST(EndSignals, of_the_vms_own_processes_are_ignored) {
  EXPECT_TRUE(is_from_outside(true, SI_USER, 0));
  EXPECT_FALSE(is_from_outside(true, SI_USER, 7));
  EXPECT_FALSE(is_from_outside(true, SI_QUEUE, 0));
  EXPECT_TRUE(is_from_outside(false, SI_USER, 7));
}

}  // namespace
}  // namespace wye::vm
