#include "vm/lifecycle/server_watch.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdlib>

#include "net/socket.h"

namespace wye::vm {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto kWithin = 200ms;

/// A server's request, whose connection ends when the test says so.
class ServerRequest final : public net::Exchange {
 public:
  explicit ServerRequest(asio::io_context& io)
      : gone_(io.get_executor(), std::chrono::steady_clock::time_point::max()) {}
  void die() { gone_.cancel(); }
  net::Task<void> client_gone() override { co_await gone_.async_wait(net::kAwait); }
  void watch(std::function<void()>) override {}
  void unwatch() override {}
  void welcome() override {}
  [[nodiscard]] const net::RequestHead& head() const override { return head_; }
  net::Task<Result<std::string>> read_body(std::size_t) override { co_return std::string(); }
  net::Task<Result<std::size_t>> read_some(std::span<char>) override { co_return std::size_t{0}; }
  net::Task<Result<void>> respond(net::Response) override { co_return Result<void>(); }
  net::Task<Result<void>> start(int, net::Headers) override { co_return Result<void>(); }
  net::Task<Result<void>> write(std::string_view) override { co_return Result<void>(); }
  net::Task<Result<void>> finish() override { co_return Result<void>(); }
  void abort() override {}
  [[nodiscard]] bool started() const override { return false; }
  net::ClientConnection& connection() override { std::abort(); }
  std::unique_ptr<net::ByteStream> hijack() override { return nullptr; }

 private:
  net::Timer gone_;
  net::RequestHead head_;
};

class ServerWatchTest : public ::testing::Test {
 protected:
  void make(std::optional<std::chrono::milliseconds> within) {
    const auto left_alone = [this] {
      ++left_;
      io_.stop();
    };
    watch_ = std::make_unique<ServerWatch>(io_, within, left_alone, first_within_);
    watch_->start();
  }
  void hold(ServerRequest& request) { asio::co_spawn(io_, watch_->hold(request), asio::detached); }
  /// Runs until `left_alone` is called, or until `within` is over.
  void run(std::chrono::milliseconds within) {
    io_.restart();
    io_.run_for(within);
  }

  asio::io_context io_{1};
  int left_ = 0;
  std::chrono::milliseconds first_within_ = kWithin;
  std::unique_ptr<ServerWatch> watch_;
};

TEST_F(ServerWatchTest, tells_when_no_server_ever_came) {
  make(kWithin);
  run(20s);
  EXPECT_EQ(left_, 1);
}

TEST_F(ServerWatchTest, gives_the_first_server_the_time_that_making_a_browser_takes) {
  first_within_ = 20s;
  make(kWithin);
  run(2 * kWithin);
  EXPECT_EQ(left_, 0);
  ServerRequest first(io_);
  hold(first);
  run(10ms);
  first.die();
  run(10s);
  EXPECT_EQ(left_, 1);
}

TEST_F(ServerWatchTest, waits_as_long_as_one_of_its_servers_is_there) {
  make(kWithin);
  ServerRequest first(io_), second(io_);
  hold(first);
  hold(second);
  run(10ms);
  first.die();
  run(2 * kWithin);
  EXPECT_EQ(left_, 0);
  second.die();
  run(20s);
  EXPECT_EQ(left_, 1);
}

TEST_F(ServerWatchTest, begins_again_when_another_server_has_come_in_time) {
  make(kWithin);
  ServerRequest first(io_), next(io_);
  hold(first);
  run(10ms);
  first.die();
  io_.restart();
  io_.poll();
  hold(next);
  run(2 * kWithin);
  EXPECT_EQ(left_, 0);
  next.die();
  run(20s);
  EXPECT_EQ(left_, 1);
}

TEST_F(ServerWatchTest, does_not_tell_without_a_bound) {
  make(std::nullopt);
  ServerRequest server(io_);
  hold(server);
  run(10ms);
  server.die();
  run(2 * kWithin);
  EXPECT_EQ(left_, 0);
}

}  // namespace
}  // namespace wye::vm
