// `wye browsers shell` on a real terminal of this machine: keys, sizes and signals go where they should.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "serve_process.h"
#include "wye/browser_processes.h"
#include "wye/client.h"

namespace wye::live {
namespace {

constexpr int kComesWithinMs = 20'000;

/// A command of `wye` on a terminal of its own.
class OnTerminal {
 public:
  OnTerminal(const ServeProcess& server, std::vector<std::string> words) {
    winsize window{33, 77, 0, 0};
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, &window);
    if (pid_ != 0) return;
    ::setenv("KERNEL_BASE_URL", server.base_url().c_str(), 1);
    ::setenv("KERNEL_API_KEY", server.api_key().c_str(), 1);
    char* const binary = std::getenv("WYE_BIN");
    std::vector<char*> arguments{binary};
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    ::execv(binary, arguments.data());
    ::_exit(127);
  }
  ~OnTerminal() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    ::close(terminal_);
  }
  OnTerminal(const OnTerminal&) = delete;

  void type(const std::string& keys) const {
    EXPECT_EQ(::write(terminal_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  void resize(winsize window) const { EXPECT_EQ(::ioctl(terminal_, TIOCSWINSZ, &window), 0); }
  void send(int signal) const { EXPECT_EQ(::kill(pid_, signal), 0); }
  /// Waits until the text was shown, behind what was waited for before.
  [[nodiscard]] bool shows(const std::string& text) {
    for (;;) {
      const auto at = shown_.find(text);
      if (at != std::string::npos) {
        shown_.erase(0, at + text.size());
        return true;
      }
      if (!read()) return false;
    }
  }
  /// Tells whether its terminal hands over lines and echoes keys, as it did before.
  [[nodiscard]] bool is_plain() const {
    termios mode{};
    EXPECT_EQ(::tcgetattr(terminal_, &mode), 0);
    return (mode.c_lflag & ICANON) != 0 && (mode.c_lflag & ECHO) != 0 && (mode.c_lflag & ISIG) != 0;
  }
  /// Waits for its end and returns its exit code.
  int wait() {
    while (read()) {  // its last output must not block it
    }
    int status = -1;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] const std::string& shown() const { return shown_; }

 private:
  bool read() {
    pollfd ready{terminal_, POLLIN, 0};
    char piece[1024];
    if (::poll(&ready, 1, kComesWithinMs) <= 0) return false;
    const auto got = ::read(terminal_, piece, sizeof piece);
    if (got > 0) shown_.append(piece, static_cast<std::size_t>(got));
    return got > 0;
  }
  pid_t pid_ = -1;
  int terminal_ = -1;
  std::string shown_;
};

class Shell : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto made = client_.browsers().create({.headless = true, .timeout_seconds = 300});
    ASSERT_TRUE(made) << made.error().message;
    id_ = made->session_id;
  }
  void TearDown() override { (void)client_.browsers().remove(id_); }
  [[nodiscard]] std::vector<std::string> words() const {
    return {"browsers", "shell", id_, "--env", "PS1=<ready> ", "--", "sh"};
  }
  ServeProcess server_{ServeProcess::Options{}};
  Client client_{{.api_key = server_.api_key(), .base_url = server_.base_url()}};
  std::string id_;
};

TEST_F(Shell, is_a_terminal_like_one_of_this_machine) {
  OnTerminal shell(server_, words());
  ASSERT_TRUE(shell.shows("<ready> ")) << shell.shown();
  EXPECT_FALSE(shell.is_plain()) << "keys go to the VM one by one";
  shell.type("stty size; echo $TERM\r");
  EXPECT_TRUE(shell.shows("33 77\r\n")) << shell.shown();
  shell.resize({44, 111, 0, 0});
  shell.type("stty size\r");
  EXPECT_TRUE(shell.shows("44 111\r\n")) << shell.shown();
  // The program that prints has the terminal; one that the shell is about to start might miss the key.
  shell.type("sh -c 'echo be\"\"gin; exec sleep 1000'\r");
  EXPECT_TRUE(shell.shows("begin\r\n")) << shell.shown();
  shell.type("\x03");
  ASSERT_TRUE(shell.shows("<ready> ")) << "Ctrl-C goes to the VM: " << shell.shown();
  shell.type("echo co''de $?\r");
  EXPECT_TRUE(shell.shows("code 130\r\n")) << shell.shown();
  shell.type("exit 7\r");
  EXPECT_EQ(shell.wait(), 7);
  EXPECT_TRUE(shell.is_plain()) << "it is put back";
}

TEST_F(Shell, that_is_left_or_ended_leaves_nothing_running) {
  for (const bool by_signal : {false, true}) {
    OnTerminal shell(server_, words());
    ASSERT_TRUE(shell.shows("<ready> ")) << shell.shown();
    shell.type("echo be''gin; sleep 1000\r");
    EXPECT_TRUE(shell.shows("begin\r\n")) << shell.shown();
    if (by_signal)
      shell.send(SIGTERM);
    else
      shell.type("\r~.");
    EXPECT_EQ(shell.wait(), by_signal ? 128 + SIGTERM : 255);
    EXPECT_TRUE(shell.is_plain());
    const ExecRequest count{.command = "sh", .args = {"-c", "cat /proc/[0-9]*/comm | grep -c '^sleep$'"}};
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(kComesWithinMs);
    auto left = client_.browsers().process().exec(id_, count).value().output;
    while (left != "0\n" && std::chrono::steady_clock::now() < until)
      left = client_.browsers().process().exec(id_, count).value().output;
    EXPECT_EQ(left, "0\n");
  }
}

}  // namespace
}  // namespace wye::live
