#include "vm/chromium/browser.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <fstream>

namespace wye::vm {
namespace {

using namespace std::chrono_literals;

class ChromiumThatDoesNotStart : public ::testing::Test {
 protected:
  ChromiumThatDoesNotStart()
      : browser_(
            io_, {.path = "/bin/false", .user_data_dir = "/nowhere"}, "", log_,
            {.ended =
                 [this](const ChromiumEnd& end) { deaths_ += end.while_starting && end.crashed ? 1 : 0; },
             .gave_up = [this] { ++given_up_; }},
            {.first_pause = 1ms, .longest_pause = 1ms, .max_failed_starts = 3}) {
    ::signal(SIGPIPE,
             SIG_IGN);  // as the agent does: a process that ends at once leaves a pipe without a reader
  }
  void run_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!done() && std::chrono::steady_clock::now() < deadline) io_.run_one_for(100ms);
    EXPECT_TRUE(done());
  }

  boost::asio::io_context io_;
  Log log_{LogLevel::off};
  int deaths_ = 0, given_up_ = 0;
  Browser browser_;
};

TEST_F(ChromiumThatDoesNotStart, is_given_up_after_its_starts_and_tried_once_more_when_somebody_waits) {
  browser_.start();
  run_until([&] { return given_up_ == 1; });
  EXPECT_EQ(deaths_, 3);
  bool ready = true, answered = false;
  boost::asio::co_spawn(
      io_,
      [&]() -> net::Task<> {
        ready = co_await browser_.wait_ready(50ms);
        answered = true;
      },
      boost::asio::detached);
  run_until([&] { return deaths_ == 4 && answered; });
  EXPECT_FALSE(ready);
  EXPECT_EQ(given_up_, 1) << "told once";
}

// Simulates a compromised Chromium. Opening the file for reading would wait for a writer, and with it the
// whole agent.
TEST(HostileChromium, a_fifo_in_the_place_of_its_port_holds_nothing_up) {
  namespace fs = std::filesystem;
  char path[] = "/tmp/wye-browser-XXXXXX";
  const fs::path directory = ::mkdtemp(path);
  fs::create_directory(directory / "profile");
  const auto program = directory / "chromium";
  std::ofstream(program) << "#!/bin/sh\nmkfifo " << (directory / "profile/DevToolsActivePort").string()
                         << "\nprintf '{\"id\":1,\"result\":{}}\\0' >&4\nexec sleep 60\n";
  fs::permissions(program, fs::perms(0755));
  boost::asio::io_context io;
  const Log log(LogLevel::off);
  int deaths = 0;
  {
    Browser browser(
        io, {.path = program, .user_data_dir = directory / "profile"}, "", log,
        {.ended = [&](const ChromiumEnd& end) { deaths += end.while_starting ? 1 : 0; }},
        {.first_pause = 1ms, .longest_pause = 1ms, .max_failed_starts = 1, .tells_port_within = 20ms});
    browser.start();
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (deaths == 0 && std::chrono::steady_clock::now() < deadline) io.run_one_for(100ms);
    EXPECT_EQ(deaths, 1) << "it is ended as one that did not start";
  }
  fs::remove_all(directory);
}

// It writes its port on a thread of its own, which a busy machine may let run last.
TEST(SlowChromium, may_answer_before_it_has_written_its_port) {
  namespace fs = std::filesystem;
  char path[] = "/tmp/wye-browser-XXXXXX";
  const fs::path directory = ::mkdtemp(path);
  fs::create_directory(directory / "profile");
  const auto program = directory / "chromium", gate = directory / "gate", half = directory / "half";
  ASSERT_EQ(::mkfifo(gate.c_str(), 0600), 0);
  const auto file = (directory / "profile/DevToolsActivePort").string();
  // The first opening of the gate lets it write a part, the second one all.
  std::ofstream(program) << "#!/bin/bash\nprintf '{\"id\":1,\"result\":{}}\\0' >&4\nread -r < "
                         << gate.string() << "\nprintf '1234\\n/devtools/browser/0123' > " << file
                         << "\ntouch " << half.string() << "\nread -r < " << gate.string()
                         << "\nprintf '1234\\n/devtools/browser/%036d' 7 > " << file << "\nexec sleep 60\n";
  fs::permissions(program, fs::perms(0755));
  boost::asio::io_context io;
  const Log log(LogLevel::off);
  int deaths = 0;
  {
    Browser browser(io, {.path = program, .user_data_dir = directory / "profile"}, "", log,
                    {.ended = [&](const ChromiumEnd&) { ++deaths; }}, {.tells_port_within = 20s});
    browser.start();
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    const auto open_gate = [&] {
      int fd = -1;  // until it waits there
      while ((fd = ::open(gate.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) < 0 &&
             std::chrono::steady_clock::now() < deadline)
        io.run_one_for(10ms);
      ASSERT_EQ(::write(fd, "\n", 1), 1);
      ::close(fd);
    };
    open_gate();
    while (!fs::exists(half) && std::chrono::steady_clock::now() < deadline) io.run_one_for(10ms);
    for (int looks = 0; looks < 5; ++looks) io.run_one_for(10ms);
    EXPECT_FALSE(browser.ready());
    open_gate();
    while (!browser.ready() && std::chrono::steady_clock::now() < deadline) io.run_one_for(10ms);
    EXPECT_TRUE(browser.ready());
    EXPECT_EQ(browser.devtools_port(), 1234);
    EXPECT_EQ(deaths, 0);
  }
  fs::remove_all(directory);
}

}  // namespace
}  // namespace wye::vm
