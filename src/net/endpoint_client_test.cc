#include "net/endpoint_client.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <thread>

#include "net/testing/raw_connection.h"

namespace wye::net {
namespace {

using testing::RawConnection;
using testing::TempDir;
using namespace std::chrono_literals;

// A scripted agent: accepts one connection and plays a script on it.
class EndpointClient : public ::testing::Test {
 protected:
  void agent(std::function<void(RawConnection&)> script) {
    listener_ = open_unix_listener(path_).value();
    thread_ = std::thread([this, script = std::move(script)] {
      pollfd poll_fd{listener_.get(), POLLIN, 0};
      ::poll(&poll_fd, 1, 20'000);
      RawConnection connection(accept_from(listener_.get()));
      script(connection);
    });
  }
  Result<Response> call(EndpointRequest request) {
    boost::asio::io_context io(1);
    auto future = boost::asio::co_spawn(
        io, endpoint_request(Endpoint::unix_socket(path_), std::move(request)), boost::asio::use_future);
    io.run();
    return future.get();
  }
  void TearDown() override {
    if (thread_.joinable()) thread_.join();
  }

  TempDir dir_;
  std::string path_ = dir_.file("agent");
  UniqueFd listener_;
  std::thread thread_;
};

TEST_F(EndpointClient, a_request_and_its_whole_answer) {
  std::string seen;
  agent([&](RawConnection& peer) {
    seen = peer.read_head();
    seen += peer.read_exactly(2);
    peer.send(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nX-A: b\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  });
  EndpointRequest request{.method = "PUT", .target = "/telemetry?a=b"};
  request.headers.add("Content-Type", "application/json");
  request.body = "{}";
  const auto answer = call(std::move(request));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->headers.get("x-a"), "b");
  EXPECT_EQ(answer->body, "abc");
  EXPECT_EQ(seen,
            "PUT /telemetry?a=b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: "
            "application/json\r\n"
            "Content-Length: 2\r\n\r\n{}");
}

TEST_F(EndpointClient, an_endpoint_that_is_nowhere_is_connect_failed) {
  EXPECT_FALSE(Endpoint());
  const auto made = connect(Endpoint());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, "connect_failed");
}

TEST_F(EndpointClient, nobody_listening_is_connect_failed) {
  const auto answer = call({});
  EXPECT_EQ(answer.error().code, "connect_failed");
  EXPECT_EQ(answer.error().kind, ErrorKind::disconnected);
}

TEST_F(EndpointClient, an_agent_that_says_nothing_times_out) {
  agent([](RawConnection& peer) {
    peer.read_head();
    EXPECT_TRUE(peer.at_end()) << "the call hangs up";
  });
  EXPECT_EQ(call({.deadline = 50ms}).error().kind, ErrorKind::timed_out);
}

TEST_F(EndpointClient, an_agent_that_stops_within_its_answer_times_out) {
  agent([](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_TRUE(peer.at_end());
  });
  EXPECT_EQ(call({.deadline = 50ms}).error().kind, ErrorKind::timed_out);
}

TEST_F(EndpointClient, a_cut_answer_is_no_answer) {
  agent([](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
  });
  EXPECT_EQ(call({}).error().kind, ErrorKind::disconnected);
}

TEST_F(EndpointClient, an_answer_over_the_limit_is_refused) {
  agent([](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabcde");
  });
  EXPECT_EQ(call({.max_answer_bytes = 4}).error().code, "payload_too_large");
}

TEST_F(EndpointClient, hostile_heads_are_refused) {
  for (const std::string head : {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                                 "HTTP/1.1 200 OK\n\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
    agent([&](RawConnection& peer) {
      peer.read_head();
      peer.send(head);
      peer.end_writing();
      peer.read_to_end();
    });
    EXPECT_FALSE(call({})) << head;
    thread_.join();
    listener_.reset();
  }
  agent([&](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x'));
  });
  EXPECT_FALSE(call({}));
}

TEST_F(EndpointClient, line_breaks_cannot_enter_the_request) {
  EXPECT_EQ(call({.target = "/a\r\nX: y"}).error().kind, ErrorKind::invalid);
  EXPECT_EQ(call({.method = "GET /x"}).error().kind, ErrorKind::invalid);
}

TEST_F(EndpointClient, a_streamed_answer_comes_piece_by_piece) {
  std::promise<void> first_read;
  agent([&](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\n\r\none");
    first_read.get_future().wait();
    peer.send("two");
  });
  boost::asio::io_context io(1);
  auto run = [&]() -> Task<std::string> {
    EndpointRequest request;
    auto stream = co_await endpoint_open(Endpoint::unix_socket(path_), request);
    std::array<char, 64> block{};
    auto got = co_await (*stream)->read_some(block, 0ms);
    std::string seen(block.data(), *got);
    first_read.set_value();
    while (true) {
      got = co_await (*stream)->read_some(block, 20s);
      if (!got || *got == 0) break;
      seen += "|" + std::string(block.data(), *got);
    }
    co_return seen;
  };
  auto future = boost::asio::co_spawn(io, run(), boost::asio::use_future);
  io.run();
  EXPECT_EQ(future.get(), "one|two");
}

TEST_F(EndpointClient, a_stream_that_falls_silent_times_out) {
  agent([&](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    EXPECT_TRUE(peer.at_end());
  });
  boost::asio::io_context io(1);
  auto run = [&]() -> Task<Result<std::size_t>> {
    EndpointRequest request;
    auto stream = co_await endpoint_open(Endpoint::unix_socket(path_), request);
    std::array<char, 64> block{};
    co_return co_await (*stream)->read_some(block, 50ms);
  };
  auto future = boost::asio::co_spawn(io, run(), boost::asio::use_future);
  io.run();
  EXPECT_EQ(future.get().error().kind, ErrorKind::timed_out);
}

}  // namespace
}  // namespace wye::net
