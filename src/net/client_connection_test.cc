#include "net/client_connection.h"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "net/http_server.h"
#include "net/testing/raw_connection.h"

// What a connection does with a body that its request's answer did not wait for.
namespace wye::net {
namespace {

using testing::RawConnection;

class UnreadBody : public ::testing::Test {
 protected:
  UnreadBody() {
    server_ = std::make_unique<HttpServer>(io_, [](Exchange& exchange) -> Task<> {
      Response response{200, {}, std::string(exchange.head().path())};
      co_await exchange.respond(std::move(response));
    });
    port_ = server_->listen_tcp("127.0.0.1", 0).value();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~UnreadBody() override {
    std::promise<void> done;
    boost::asio::post(io_, [&] {
      server_.reset();
      done.set_value();
    });
    done.get_future().wait();
    guard_.reset();
    thread_.join();
  }
  RawConnection answered(const std::string& fields) {
    auto client = RawConnection::to_tcp(port_);
    client.send("POST /first HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.body, "/first");
    kept_ = !answer.has("Connection: close");
    return client;
  }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  bool kept_ = false;
};

const std::string kNext = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(UnreadBody, is_dropped_and_what_comes_behind_it_is_the_next_request) {
  auto client = answered("Content-Length: 5\r\n");
  EXPECT_TRUE(kept_);
  client.send("hello" + kNext);
  EXPECT_EQ(client.read_answer().body, "/next");
}

TEST_F(UnreadBody, with_more_behind_it_than_there_is_room_for_ends_the_connection_in_order) {
  auto client = answered("Content-Length: 5\r\n");
  client.send("hello" + std::string(20'000, 'x'));
  EXPECT_EQ(client.read_to_end(), "");
  auto other = answered("");  // the server lives
  EXPECT_TRUE(kept_);
}

TEST_F(UnreadBody, whose_end_nobody_knows_ends_the_connection) {
  for (const std::string fields : {"Transfer-Encoding: chunked\r\n", "Content-Length: 300000\r\n",
                                   "Content-Length: 5\r\nExpect: 100-continue\r\n"}) {
    auto client = answered(fields);
    EXPECT_FALSE(kept_) << fields;
    client.send("5\r\nhello\r\n0\r\n\r\n" + kNext);
    EXPECT_EQ(client.read_to_end(), "") << fields;
  }
}

}  // namespace
}  // namespace wye::net
