#include "net/http_server.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <thread>

#include "net/socket.h"
#include "net/testing/raw_connection.h"

namespace wye::net {
namespace {

using testing::RawConnection;
using testing::TempDir;
using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;

constexpr boost::asio::use_awaitable_t<boost::asio::io_context::executor_type> kAwaitable;

// A server on a thread of its own, on a free port.
class HttpServerTest : public ::testing::Test {
 protected:
  void serve(Handler handler, ServerLimits limits = {}) {
    server_ = std::make_unique<HttpServer>(io_, std::move(handler), limits);
    port_ = server_->listen_tcp("127.0.0.1", 0).value();
    thread_ = std::thread([this] { io_.run(); });
  }
  void TearDown() override {
    on_server([this] { server_.reset(); });
    guard_.reset();
    if (thread_.joinable()) thread_.join();
  }
  void on_server(std::function<void()> call) {
    if (!thread_.joinable()) return;
    std::promise<void> done;
    boost::asio::post(io_, [&] {
      call();
      done.set_value();
    });
    done.get_future().wait();
  }
  RawConnection connect() const { return RawConnection::to_tcp(port_); }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

// g++ 12 cannot compile a braced list inside of a co_await, so answers are made outside of it.
Response text(int status, std::string body, std::string name = "", std::string value = "") {
  Response response{status, {}, std::move(body)};
  if (!name.empty()) response.headers.add(std::move(name), std::move(value));
  return response;
}
Headers one_field(std::string name, std::string value) {
  Headers headers;
  headers.add(std::move(name), std::move(value));
  return headers;
}
Task<> echo(Exchange& exchange) {
  auto body = co_await exchange.read_body(1000);
  if (!body)
    co_await exchange.respond(error_response(body.error()));
  else
    co_await exchange.respond(
        text(200, exchange.head().method + ":" + *body, "X-Path", std::string(exchange.head().path())));
}

TEST_F(HttpServerTest, a_connection_is_kept_for_the_next_request) {
  serve(echo);
  auto client = connect();
  for (int i = 0; i < 3; ++i) {
    client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "POST:abc");
    EXPECT_TRUE(answer.has("X-Path: /a\r\n"));
  }
}

TEST_F(HttpServerTest, pipelined_requests_are_answered_in_order) {
  serve(echo);
  auto client = connect();
  client.send(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1"
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n2\r\n0\r\n\r\n"
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "POST:1");
  EXPECT_EQ(client.read_answer().body, "POST:2");
  const auto last = client.read_answer();
  EXPECT_EQ(last.body, "GET:");
  EXPECT_TRUE(last.has("Connection: close\r\n"));
  EXPECT_TRUE(client.at_end());
}

TEST_F(HttpServerTest, a_body_nobody_read_is_not_taken_for_the_next_request) {
  serve([](Exchange& exchange) -> Task<> { co_await exchange.respond(text(200, exchange.head().target)); });
  auto client = connect();
  client.send(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 27\r\n\r\nGET /evil HTTP/1.1\r\nHost: xGET /next "
      "HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "/");
  EXPECT_EQ(client.read_answer().body, "/next");
}

TEST_F(HttpServerTest, what_is_not_http_is_answered_400_and_closed) {
  serve(echo);
  for (const std::string text :
       {"nonsense\r\n\r\n", "GET / HTTP/1.1\n\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"}) {
    auto client = connect();
    client.send(text);
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 400) << text;
    EXPECT_TRUE(answer.has("Content-Type: application/json")) << text;
    EXPECT_EQ(answer.body, R"({"code":"bad_request","message":"the request is not valid HTTP/1.1"})");
    EXPECT_TRUE(client.at_end()) << text;
  }
}

TEST_F(HttpServerTest, a_head_at_the_limit_is_served_and_one_beyond_it_is_431) {
  ServerLimits limits;
  limits.head_bytes = 8 * 1024;
  serve(echo, limits);
  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\nX-Pad: ";
  auto client = connect();
  client.send(start + std::string(limits.head_bytes - start.size() - 4, 'p') + "\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 200);
  client.send(start + std::string(limits.head_bytes - start.size() - 3, 'p') + "\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 431);
  EXPECT_TRUE(client.at_end());
}

TEST_F(HttpServerTest, a_slow_head_is_408_and_an_idle_connection_is_closed) {
  ServerLimits limits;
  limits.head_timeout = 50ms;
  limits.idle_timeout = 60ms;
  serve(echo, limits);
  auto slow = connect();
  slow.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(slow.read_answer().status, 408);
  auto idle = connect();
  idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(idle.read_answer().status, 200);
  EXPECT_TRUE(idle.at_end());
}

TEST_F(HttpServerTest, a_body_over_the_limit_is_413) {
  serve(echo);
  auto client = connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'b'));
  EXPECT_EQ(client.read_answer().status, 413);
  auto chunked = connect();
  chunked.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" +
               std::string(1001, 'b') + "\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.read_answer().status, 413);
  auto at_limit = connect();
  at_limit.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
                std::string(1000, 'b') + "\r\n0\r\n\r\n");
  EXPECT_EQ(at_limit.read_answer().body.size(), 1005U);
}

TEST_F(HttpServerTest, a_client_that_sends_a_far_too_long_body_to_its_end_still_sees_its_413) {
  serve(echo);
  const std::string body(32 * 1024 * 1024, 'b');
  auto client = connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  client.send(body);
  EXPECT_EQ(client.read_answer().status, 413);
}

TEST_F(HttpServerTest, a_cut_body_is_an_error_and_not_a_short_body) {
  std::promise<Error> seen;
  serve([&](Exchange& exchange) -> Task<> {
    auto body = co_await exchange.read_body(1000);
    body = co_await exchange.read_body(1000);  // still an error, and at once
    Error error;
    if (!body) error = body.error();
    seen.set_value(error);
  });
  auto client = connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  client.end_writing();
  EXPECT_EQ(seen.get_future().get().kind, ErrorKind::disconnected);
}

TEST_F(HttpServerTest, a_body_that_stops_coming_is_timed_out) {
  ServerLimits limits;
  limits.body_timeout = 50ms;
  serve(echo, limits);
  auto client = connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(client.read_answer().status, 408);
  EXPECT_TRUE(client.at_end());
}

TEST_F(HttpServerTest, expect_100_is_answered_when_the_body_is_read) {
  serve(echo);
  auto client = connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 100);
  client.send("abc");
  EXPECT_EQ(client.read_answer().body, "POST:abc");
}

TEST_F(HttpServerTest, expect_100_without_reading_closes_the_connection) {
  serve([](Exchange& exchange) -> Task<> { co_await exchange.respond(text(404, "no")); });
  auto client = connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 404);
  EXPECT_TRUE(answer.has("Connection: close"));
  EXPECT_TRUE(client.at_end());
}

TEST_F(HttpServerTest, head_brings_the_head_alone) {
  serve([](Exchange& exchange) -> Task<> {
    if (exchange.head().path() == "/whole") co_return (void) co_await exchange.respond(text(200, "body"));
    co_await exchange.start(200, Headers());
    co_await exchange.write("body");
    co_await exchange.finish();
  });
  auto client = connect();
  client.send(
      "HEAD /whole HTTP/1.1\r\nHost: x\r\n\r\nHEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /whole HTTP/1.1\r\nHost: "
      "x\r\n\r\n");
  EXPECT_TRUE(client.read_answer(true).has("Content-Length: 4\r\n"));
  EXPECT_EQ(client.read_answer(true).status, 200);
  EXPECT_EQ(client.read_answer().body, "body");
}

TEST_F(HttpServerTest, a_streamed_answer_is_chunked_and_seen_at_once) {
  std::promise<void> go_on;
  auto waiting = go_on.get_future().share();
  serve([&](Exchange& exchange) -> Task<> {
    co_await exchange.start(200, one_field("Content-Type", "text/event-stream"));
    co_await exchange.write("data: 1\n\n");
    std::array<char, 1> byte{};
    co_await exchange.read_some(byte);
    co_await exchange.write("data: 2\n\n");
    co_await exchange.finish();
  });
  auto client = connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n");
  client.read_until("data: 1\n\n");
  client.send("x");
  EXPECT_FALSE(client.read_until("data: 2\n\n").empty());
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "\r\n0\r\n\r\n");
}

TEST_F(HttpServerTest, http_1_0_gets_a_stream_without_chunks) {
  serve([](Exchange& exchange) -> Task<> {
    co_await exchange.start(200, Headers());
    co_await exchange.write("abc");
    co_await exchange.finish();
  });
  auto client = connect();
  client.send("GET / HTTP/1.0\r\n\r\n");
  const auto answer = client.read_answer();
  EXPECT_FALSE(answer.has("Transfer-Encoding"));
  EXPECT_EQ(answer.body, "abc");
}

TEST_F(HttpServerTest, an_unfinished_answer_breaks_the_connection) {
  serve([](Exchange& exchange) -> Task<> {
    co_await exchange.start(200, Headers());
    co_await exchange.write("abc");
  });
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_FALSE(client.read_answer().complete);
}

TEST_F(HttpServerTest, a_short_counted_answer_breaks_the_connection) {
  serve([](Exchange& exchange) -> Task<> {
    co_await exchange.start(200, one_field("Content-Length", "5"));
    co_await exchange.write("abc");
    co_await exchange.finish();
  });
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_answer().body.size(), 3U);
}

TEST_F(HttpServerTest, a_handler_that_throws_or_says_nothing_is_500) {
  serve([](Exchange& exchange) -> Task<> {
    if (exchange.head().path() == "/throw") throw std::runtime_error("x");
    co_return;
  });
  auto client = connect();
  client.send("GET /throw HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 500);
  EXPECT_EQ(client.read_answer().status, 500);
}

TEST_F(HttpServerTest, line_breaks_in_a_value_cannot_split_the_answer) {
  serve([](Exchange& exchange) -> Task<> {
    auto response = text(200, "", "X-A", "b\r\nX-Evil: 1");
    response.headers.add("X-B", "c");
    co_await exchange.respond(std::move(response));
  });
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = client.read_answer();
  EXPECT_FALSE(answer.has("X-Evil"));
  EXPECT_TRUE(answer.has("X-B: c"));
}

TEST_F(HttpServerTest, a_client_that_goes_away_ends_what_the_handler_waits_for) {
  std::promise<bool> ended;
  serve([&](Exchange& exchange) -> Task<> {
    Timer work(io_.get_executor(), 1h);
    co_await exchange.start(200, Headers());
    const auto first = co_await (exchange.client_gone() || work.async_wait(kAwaitable));
    ended.set_value(first.index() == 0);
  });
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  client.read_head();
  client.close();
  EXPECT_TRUE(ended.get_future().get());
}

TEST_F(HttpServerTest, a_pipelined_request_does_not_look_like_a_client_that_went_away) {
  std::promise<void> waiting;
  std::promise<void> gone;
  serve([&](Exchange& exchange) -> Task<> {
    if (exchange.head().path() == "/next") co_return (void) co_await exchange.respond(text(200, "next"));
    waiting.set_value();
    co_await exchange.client_gone();
    gone.set_value();
  });
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  waiting.get_future().wait();
  client.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  auto future = gone.get_future();
  on_server([] {});
  EXPECT_EQ(future.wait_for(0s), std::future_status::timeout);
  client.close();
  future.wait();
}

TEST_F(HttpServerTest, a_hijacked_connection_carries_bytes_both_ways) {
  serve([](Exchange& exchange) -> Task<> {
    auto stream = exchange.hijack();
    co_await stream->write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    std::array<char, 64> block{};
    while (true) {
      const auto got = co_await stream->read_some(block);
      if (!got || *got == 0) break;
      co_await stream->write(std::string_view(block.data(), *got));
    }
    co_await stream->write("bye");
  });
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nfirst");
  client.read_head();
  EXPECT_EQ(client.read_exactly(5), "first");
  client.send("second");
  EXPECT_EQ(client.read_exactly(6), "second");
  client.end_writing();
  EXPECT_EQ(client.read_to_end(), "bye");
}

TEST_F(HttpServerTest, connections_beyond_the_limit_are_503) {
  ServerLimits limits;
  limits.connections = 1;
  serve(
      [](Exchange& exchange) -> Task<> {
        exchange.welcome();
        auto response = text(200, "welcome");
        co_await exchange.respond(std::move(response));
      },
      limits);
  auto first = connect();
  first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(first.read_answer().status, 200);
  auto second = connect();
  second.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = second.read_answer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, R"({"code":"capacity_exhausted","message":"too many connections are open"})");
}

TEST_F(HttpServerTest, the_kernel_keeps_little_for_a_client_that_does_not_read) {
  ServerLimits limits;
  limits.write_timeout = 100ms;
  std::promise<std::size_t> taken;
  serve(
      [&](Exchange& exchange) -> Task<> {
        co_await exchange.start(200, {});
        const std::string piece(16 * 1024, 'x');
        std::size_t size = 0;
        while (co_await exchange.write(piece)) size += piece.size();
        taken.set_value(size);
      },
      limits);
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int small = 4 * 1024;  // the client's own side of it
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  RawConnection client(std::move(fd));
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_LE(taken.get_future().get(), 2u * kUnsentBytes) << "without a bound, megabytes";
}

TEST_F(HttpServerTest, stopping_closes_idle_connections_and_lets_a_request_finish) {
  std::promise<void> started;
  serve([&](Exchange& exchange) -> Task<> {
    if (exchange.head().path() == "/slow") started.set_value();
    auto body = co_await exchange.read_body(100);
    co_await exchange.respond(text(200, "done"));
  });
  auto idle = connect();
  idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(idle.read_answer().status, 200);
  auto busy = connect();
  busy.send("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n");
  started.get_future().wait();
  on_server([this] {
    server_->stop_accepting();
    EXPECT_EQ(server_->active_requests(), 1U);
  });
  EXPECT_TRUE(idle.at_end());
  EXPECT_FALSE(connect());
  busy.send("x");
  const auto answer = busy.read_answer();
  EXPECT_EQ(answer.body, "done");
  EXPECT_TRUE(answer.has("Connection: close"));
  EXPECT_TRUE(busy.at_end());
}

TEST_F(HttpServerTest, big_bodies_pass_both_ways) {
  serve([](Exchange& exchange) -> Task<> {
    auto body = co_await exchange.read_body(64 << 20);
    co_await exchange.respond(text(200, std::move(*body)));
  });
  std::string big(20'000'000, 'b');
  for (std::size_t i = 0; i < big.size(); i += 997) big[i] = static_cast<char>('a' + i % 26);
  auto client = connect();
  std::thread sender([&] {
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(big.size()) + "\r\n\r\n" +
                big);
  });
  sender.join();
  EXPECT_TRUE(client.read_answer().body == big);
}

TEST_F(HttpServerTest, unix_sockets_are_served_also_by_long_paths) {
  serve(echo);
  TempDir dir;
  const auto path = dir.file_in(std::string(120, 'd'), "socket");
  on_server([&] { ASSERT_TRUE(server_->listen_unix(path)); });
  auto client = RawConnection::to_unix(path);
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "GET:");
  on_server([&] { EXPECT_EQ(server_->listen_unix(path).error().kind, ErrorKind::conflict); });
}

}  // namespace
}  // namespace wye::net
