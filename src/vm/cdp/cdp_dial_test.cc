#include "vm/cdp/cdp_dial.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "testing/scratch_dir.h"
#include "testing/scripted_peer.h"

namespace wye::vm {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using testing::Play;

// Speaks DevTools on the pipe: its port is what `port` prints for the start of number $start, it answers
// every command, and it ends in order when it is asked to.
constexpr std::string_view kChromium = R"sh(
start=$(($(cat starts 2>/dev/null || echo 0) + 1)); echo $start > starts
mkdir -p profile; printf '%s\n/devtools/browser/%036d' "$(port)" $start > profile/DevToolsActivePort
while IFS= read -r -d '' command <&3; do
  case $command in *'"Browser.close"'*) exit 0;; esac
  id=${command#*'"id":'}; printf '{"id":%s,"result":{}}\0' "${id%%[,\}]*}" >&4
done
)sh";

/// A port at which nobody listens, and which no other process gets.
class DeafPort {
 public:
  DeafPort() {
    socket_.open(asio::ip::tcp::v4());
    socket_.bind({asio::ip::address_v4::loopback(), 0});
  }
  [[nodiscard]] std::uint16_t port() const { return socket_.local_endpoint().port(); }

 private:
  asio::io_context io_;
  asio::ip::tcp::socket socket_{io_};
};

class Dial : public ::testing::Test {
 protected:
  /// `port` is a shell function.
  void start_chromium(const std::string& port) {
    ::signal(SIGPIPE, SIG_IGN);
    const auto program = directory_.file("chromium");
    std::ofstream(program) << "#!/bin/bash\ncd " << directory_.path() << "\nport() { " << port << "; }"
                           << kChromium;
    std::filesystem::permissions(program, std::filesystem::perms(0755));
    browser_.emplace(io_, ChromiumOptions{.path = program, .user_data_dir = directory_.file("profile")}, "",
                     log_, Browser::Listener{}, RestartPolicy{.first_pause = 1ms, .longest_pause = 1ms});
    browser_->start();
  }
  template <class Work>
  void run(Work work) {
    bool done = false;
    asio::co_spawn(
        io_,
        [&]() -> net::Task<> {
          co_await work();
          done = true;
        },
        asio::detached);
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!done && std::chrono::steady_clock::now() < deadline) io_.run_one_for(100ms);
    ASSERT_TRUE(done);
  }
  net::Task<Result<CdpUpstream>> dial() {
    return dial_devtools(io_, *browser_, {.path = "/browser/cdp"}, std::chrono::steady_clock::now() + 50s);
  }

  testing::ScratchDir directory_;
  asio::io_context io_;
  Log log_{LogLevel::off};
  std::optional<Browser> browser_;
  testing::ScriptedPeer devtools_{[this](const testing::SeenRequest&) { return play_; }};
  Play play_{.bytes = "HTTP/1.1 101 Switching Protocols\r\n\r\n", .keep_open = true};
};

TEST_F(Dial, a_chromium_that_has_no_port_any_more_is_ended_and_the_next_one_answers) {
  const DeafPort deaf;
  start_chromium("[ $start = 1 ] && echo " + std::to_string(deaf.port()) + " || echo " +
                 std::to_string(devtools_.port()));
  run([&]() -> net::Task<> {
    const auto made = co_await dial();
    EXPECT_TRUE(made) << made.error().message;
    EXPECT_EQ(browser_->generation(), 2);
  });
}

TEST_F(Dial, a_living_chromium_that_breaks_the_handshake_stays_and_the_dial_fails) {
  play_ = {.reset = true};
  start_chromium("echo " + std::to_string(devtools_.port()));
  run([&]() -> net::Task<> {
    const auto made = co_await dial();
    EXPECT_FALSE(made);
    EXPECT_EQ(made.error().status, 502);
    EXPECT_EQ(browser_->generation(), 1);
  });
}

// Tells whether an epoll of this process watches the socket.
bool is_watched(int socket) {
  struct stat about {};
  ::fstat(socket, &about);
  std::ostringstream inode;
  inode << "ino:" << std::hex << about.st_ino << " ";
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fdinfo")) {
    std::ifstream in(entry.path());
    for (std::string line; std::getline(in, line);)
      if (line.starts_with("tfd:") && line.find(inode.str()) != std::string::npos) return true;
  }
  return false;
}

TEST(TakeOut, a_socket_that_another_process_keeps_open_wakes_this_one_no_more) {
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  DevToolsSocket socket(io.get_executor());
  socket.connect(acceptor.local_endpoint());
  const UniqueFd elsewhere(::dup(socket.native_handle()));
  EXPECT_TRUE(is_watched(elsewhere.get()));
  const auto out = take_out(socket);
  EXPECT_TRUE(out);
  EXPECT_FALSE(socket.is_open());
  EXPECT_FALSE(is_watched(elsewhere.get()));
}

}  // namespace
}  // namespace wye::vm
