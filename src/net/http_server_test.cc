#include "net/http_server.h"

#include "net/testing/http_server_fixture.h"

// Requests, their bodies, and connections. Answers: http_answers_test.cc.
namespace wye::net {
namespace {

using namespace testing;
using namespace std::chrono_literals;

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
