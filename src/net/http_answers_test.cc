#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/socket.h"
#include "net/testing/http_server_fixture.h"

// What a handler's answers become on the wire, and how it learns that nobody reads them.
namespace wye::net {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;

constexpr boost::asio::use_awaitable_t<boost::asio::io_context::executor_type> kAwaitable;

class HttpAnswers : public HttpServerTest {};

TEST_F(HttpAnswers, head_brings_the_head_alone) {
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

TEST_F(HttpAnswers, a_streamed_answer_is_chunked_and_seen_at_once) {
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

TEST_F(HttpAnswers, http_1_0_gets_a_stream_without_chunks) {
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

TEST_F(HttpAnswers, an_unfinished_answer_breaks_the_connection) {
  serve([](Exchange& exchange) -> Task<> {
    co_await exchange.start(200, Headers());
    co_await exchange.write("abc");
  });
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_FALSE(client.read_answer().complete);
}

TEST_F(HttpAnswers, a_short_counted_answer_breaks_the_connection) {
  serve([](Exchange& exchange) -> Task<> {
    co_await exchange.start(200, one_field("Content-Length", "5"));
    co_await exchange.write("abc");
    co_await exchange.finish();
  });
  auto client = connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_answer().body.size(), 3U);
}

TEST_F(HttpAnswers, a_handler_that_throws_or_says_nothing_is_500) {
  serve([](Exchange& exchange) -> Task<> {
    if (exchange.head().path() == "/throw") throw std::runtime_error("x");
    co_return;
  });
  auto client = connect();
  client.send("GET /throw HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 500);
  EXPECT_EQ(client.read_answer().status, 500);
}

TEST_F(HttpAnswers, line_breaks_in_a_value_cannot_split_the_answer) {
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

TEST_F(HttpAnswers, a_client_that_goes_away_ends_what_the_handler_waits_for) {
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

TEST_F(HttpAnswers, a_pipelined_request_does_not_look_like_a_client_that_went_away) {
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

TEST_F(HttpAnswers, a_hijacked_connection_carries_bytes_both_ways) {
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

TEST_F(HttpAnswers, the_kernel_keeps_little_for_a_client_that_does_not_read) {
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

}  // namespace
}  // namespace wye::net
