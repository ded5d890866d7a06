// How browsers end together with their server, after it, and without one.
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/process_identity.h"
#include "serve_process.h"
#include "wye/client.h"

namespace wye::live {
namespace {

constexpr int kEndsWithinMs = 20'000;

struct Ran {
  int status = -1;
  std::string output;
};

Ran wye(const std::string& words) {
  FILE* const pipe = ::popen((std::getenv("WYE_BIN") + (" " + words) + " 2>&1").c_str(), "r");
  Ran out;
  char piece[1024];
  while (std::fgets(piece, sizeof piece, pipe) != nullptr) out.output += piece;
  out.status = WEXITSTATUS(::pclose(pipe));
  return out;
}

class Stop : public ::testing::Test {
 protected:
  void TearDown() override {
    if (server_) wye(stop_words());  // even if a test failed
  }
  void serve(std::vector<std::string> more = {}) {
    server_ = std::make_unique<ServeProcess>(ServeProcess::Options{.extra_args = std::move(more)});
  }
  [[nodiscard]] Client client() const {
    return Client({.api_key = server_->api_key(), .base_url = server_->base_url(), .max_retries = 0});
  }
  /// Creates a browser with one event, and opens a descriptor of its VM's first process.
  void create() {
    const auto made = client().browsers().create(
        {.headless = true, .timeout_seconds = 300, .telemetry = {.enabled = true}});
    ASSERT_TRUE(made) << made.error().message;
    id_ = made->session_id;
    vm_ = open_pidfd(find_agent(*server_, id_));
    ASSERT_TRUE(vm_);
    const auto told = client().request({.method = "POST",
                                        .path = "/browsers/" + id_ + "/telemetry/events",
                                        .headers = {{"Content-Type", "application/json"}},
                                        .body = R"({"type":"made_by_test","category":"control","data":{}})"});
    ASSERT_TRUE(told && told->status == 200);
  }
  [[nodiscard]] bool vm_ends() const { return wait_dead(vm_.get(), kEndsWithinMs); }
  [[nodiscard]] std::string stop_words() const { return "stop --data-dir " + server_->data_dir(); }
  /// Checks with the next server that the browser is over and its events are archived.
  void expect_archived() {
    server_->kill();  // unless it has ended
    server_->start();
    const auto events = client().request({.path = "/browsers/" + id_ + "/telemetry/events?offset=1"});
    ASSERT_TRUE(events) << events.error().message;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    auto page = *events;  // 503 while it is being archived
    while (page.status == 503 && std::chrono::steady_clock::now() < until)
      page = client().request({.path = "/browsers/" + id_ + "/telemetry/events?offset=1"}).value();
    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.body.find("made_by_test"), std::string::npos) << page.body;
    EXPECT_FALSE(client().browsers().list().next()) << "none lives";
  }

  std::unique_ptr<ServeProcess> server_;
  std::string id_;
  UniqueFd vm_;
};

TEST_F(Stop, ends_a_server_with_its_browsers) {
  serve();
  create();
  const auto ran = wye(stop_words());
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_NE(ran.output.find("the server has ended"), std::string::npos) << ran.output;
  EXPECT_TRUE(wait_dead(vm_.get(), 0)) << "before it says so";
  EXPECT_EQ(server_->stop(), 0) << "it ended well";
  EXPECT_NE(wye(stop_words()).output.find("nothing runs"), std::string::npos);
  expect_archived();
}

TEST_F(Stop, ends_browsers_whose_server_is_gone) {
  serve();
  create();
  server_->kill();
  ASSERT_FALSE(wait_dead(vm_.get(), 0));
  const auto ran = wye(stop_words());
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_NE(ran.output.find("browsers ended that had no server: 1"), std::string::npos) << ran.output;
  EXPECT_TRUE(wait_dead(vm_.get(), 0));
  expect_archived();
}

TEST_F(Stop, by_sigterm_keeps_browsers_unless_the_server_was_told_otherwise) {
  serve({"--end-browsers"});
  create();
  EXPECT_EQ(server_->stop(), 0);
  EXPECT_TRUE(wait_dead(vm_.get(), 0));
  expect_archived();
}

TEST_F(Stop, of_a_browser_comes_by_itself_when_no_server_comes_back) {
  serve({"--alone-for", "1s"});
  create();
  server_->kill();
  EXPECT_TRUE(vm_ends());
  expect_archived();
}

TEST_F(Stop, of_a_browser_does_not_come_while_a_server_is_there_or_has_come_back) {
  serve({"--alone-for", "2s"});
  create();
  EXPECT_FALSE(wait_dead(vm_.get(), 3000)) << "with its first server";
  server_->restart();
  EXPECT_FALSE(wait_dead(vm_.get(), 3000)) << "with its second";
  EXPECT_TRUE(client().browsers().remove(id_));
}

/// Finds the first process of the only VM below a data directory: its log is its standard error.
pid_t first_of_vm(const std::string& data_dir) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::error_code ignored;
    if (!std::filesystem::read_symlink(entry.path() / "fd/2", ignored).string().starts_with(data_dir))
      continue;
    std::ifstream status(entry.path() / "status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("NSpid:") && line.ends_with("\t1")) return std::stoi(entry.path().filename());
  }
  return 0;
}

/// A server on a terminal, on which Ctrl-C can be pressed.
class Terminal {
 public:
  explicit Terminal(const std::string& data_dir) {
    pid_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ != 0) return;
    ::setenv("WYE_API_KEY", "sk_terminal", 1);
    const char* binary = std::getenv("WYE_BIN");
    ::execl(binary, binary, "serve", "--listen", "127.0.0.1:0", "--data-dir", data_dir.c_str(), nullptr);
    ::_exit(127);
  }
  ~Terminal() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    ::close(terminal_);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  void press_ctrl_c() const { EXPECT_EQ(::write(terminal_, "\x03", 1), 1); }
  /// Returns the output from here to the end of the line with the text; "" when it does not come.
  std::string read_until(const std::string& text) {
    for (;;) {
      const auto at = shown_.find(text);
      const auto end = at == std::string::npos ? at : shown_.find('\n', at);
      if (end != std::string::npos) {
        auto out = shown_.substr(0, end);
        shown_.erase(0, end + 1);
        while (out.ends_with('\r')) out.pop_back();
        return out;
      }
      pollfd ready{terminal_, POLLIN, 0};
      char piece[1024];
      if (::poll(&ready, 1, kEndsWithinMs) <= 0) return {};
      const auto got = ::read(terminal_, piece, sizeof piece);
      if (got <= 0) return {};
      shown_.append(piece, static_cast<std::size_t>(got));
    }
  }
  int wait() {
    int status = -1;
    while (!read_until("\n").empty()) {  // its last output must not block it
    }
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  int terminal_ = -1;
  pid_t pid_ = -1;
  std::string shown_;
};

TEST(StopOnATerminal, says_what_lives_on_and_a_second_ctrl_c_ends_it) {
  std::string data_dir = "/tmp/wye-live-XXXXXX";
  ASSERT_NE(::mkdtemp(data_dir.data()), nullptr);
  UniqueFd vm;
  {
    Terminal terminal(data_dir);
    const std::string mark = "wye ready base_url=";
    const auto ready = terminal.read_until(mark);
    ASSERT_NE(ready, "");
    const Client client({.api_key = "sk_terminal",
                         .base_url = ready.substr(ready.find(mark) + mark.size()),
                         .max_retries = 0});
    ASSERT_TRUE(client.browsers().create({.headless = true, .timeout_seconds = 300}));
    vm = open_pidfd(first_of_vm(data_dir));
    ASSERT_TRUE(vm);
    terminal.press_ctrl_c();
    const auto said = terminal.read_until("lives on without a server");
    EXPECT_NE(said.find("1 browser lives on"), std::string::npos) << said;
    EXPECT_NE(said.find("wye stop --data-dir " + data_dir), std::string::npos) << said;
    EXPECT_FALSE(wait_dead(vm.get(), 0));
    terminal.press_ctrl_c();
    EXPECT_NE(terminal.read_until("ending 1 browser"), "");
    EXPECT_EQ(terminal.wait(), 0);
    EXPECT_TRUE(wait_dead(vm.get(), 0));
  }
  wye("stop --data-dir " + data_dir);
  std::filesystem::remove_all(data_dir);
}

}  // namespace
}  // namespace wye::live
