#include <fcntl.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include "net/http_server.h"
#include "net/testing/raw_connection.h"

// What watches a client beside the answer to it, at the one moment that Asio's cancel does not reach: its
// wait has ended well and its handler is queued, but has not run. The test takes every turn of the io_context
// itself, so that the moment is there each time.
namespace wye::net {
namespace {

using testing::RawConnection;
using testing::TempDir;

constexpr std::size_t kPiece = 16 * 1024;
constexpr std::string_view kAsk = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

class ClientWatchRace : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = std::make_unique<HttpServer>(io_, [this](Exchange& exchange) { return handle(exchange); });
    const auto path = dir_.file("server");
    ASSERT_TRUE(server_->listen_unix(path));
    client_ = RawConnection::to_unix(path);
    ASSERT_TRUE(client_);
    ::fcntl(client_.fd(), F_SETFL, O_NONBLOCK);
  }
  void TearDown() override {
    server_.reset();
    io_.poll();
  }

  // The first request: writes until the client takes no more, beside a watch that is ended with the answer.
  // All others are answered with their path.
  Task<> handle(Exchange& exchange) {
    paths_.emplace_back(exchange.head().path());
    if (paths_.size() > 1) {
      auto response = json_response(200, "\"" + paths_.back() + "\"");
      co_return (void) co_await exchange.respond(std::move(response));
    }
    const auto stop = std::make_shared<boost::asio::cancellation_signal>();  // shared with what listens to it
    const auto ended = [this, stop](const std::exception_ptr&) { ++watches_ended_; };
    boost::asio::co_spawn(io_.get_executor(), exchange.client_gone(),
                          boost::asio::bind_cancellation_slot(stop->slot(), ended));
    const std::string piece(kPiece, 'a');
    Headers none;
    co_await exchange.start(200, none);
    while (!last_) {
      co_await exchange.write(piece);
      ++written_;
    }
    if (aborts_) {
      exchange.abort();
    } else {
      co_await exchange.finish();
    }
    stop->emit(boost::asio::cancellation_type::all);
  }

  // Now the answer waits for its reader, and the client may be watched: what comes next is seen by both.
  void block_the_answer() {
    ASSERT_TRUE(client_.send(kAsk));
    for (std::size_t before = 0; before == 0 || written_ != before; io_.poll()) before = written_;
    io_.poll();
    last_ = true;
  }
  std::size_t drain() {
    std::size_t all = 0;
    for (char block[64 * 1024];;) {
      const auto got = ::recv(client_.fd(), block, sizeof(block), 0);
      if (got <= 0) return all;
      all += static_cast<std::size_t>(got);
    }
  }

  boost::asio::io_context io_{1};
  TempDir dir_;
  std::unique_ptr<HttpServer> server_;
  RawConnection client_{UniqueFd()};
  std::vector<std::string> paths_;
  std::size_t written_ = 0;
  int watches_ended_ = 0;
  bool last_ = false, aborts_ = false;
};

TEST_F(ClientWatchRace, a_watch_that_was_ended_takes_nothing_of_the_next_request) {
  block_the_answer();
  // In one turn the client reads on and sends the beginning of its next request.
  const std::string first = "GET /next HTTP/1.1\r\n", second = "Host: x\r\n\r\n";
  ASSERT_TRUE(client_.send(first));
  ASSERT_GT(drain(), 0u);
  while (server_->active_requests() > 0) ASSERT_EQ(io_.run_one(), 1u);
  // The server has begun to read the next request, and the rest of it comes before the watch has its turn.
  ASSERT_TRUE(client_.send(second));
  io_.poll();
  EXPECT_EQ(paths_, (std::vector<std::string>{"/", "/next"}));
  EXPECT_EQ(watches_ended_, 1);
}

TEST_F(ClientWatchRace, nothing_is_written_beyond_the_buffer) {
  block_the_answer();
  ASSERT_TRUE(client_.send("GET /next HTTP/1.1\r\nHost: x\r\nX-Long: "));
  ASSERT_GT(drain(), 0u);
  while (server_->active_requests() > 0) ASSERT_EQ(io_.run_one(), 1u);
  ASSERT_TRUE(client_.send(std::string(8 * 1024, 'b') + "\r\n\r\n"));
  io_.poll();
  EXPECT_EQ(paths_, (std::vector<std::string>{"/", "/next"}));
}

TEST_F(ClientWatchRace, a_connection_that_was_broken_off_is_not_touched_any_more) {
  aborts_ = true;
  block_the_answer();
  ASSERT_TRUE(client_.send("GET /next"));
  ASSERT_GT(drain(), 0u);
  io_.poll();
  EXPECT_EQ(server_->totals().connections, 0u);
  EXPECT_EQ(watches_ended_, 1);
}

}  // namespace
}  // namespace wye::net
