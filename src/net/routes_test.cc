// Handlers behind a real server: each kind of them, and what has none.
#include "net/routes.h"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "net/http_server.h"
#include "net/testing/raw_connection.h"

namespace wye::net {
namespace {

using testing::RawConnection;

/// What a server knows of a request besides.
struct Sender {
  std::string name;
};

Response text(std::string body) { return {200, {}, std::move(body)}; }

class RoutesTest : public ::testing::Test {
 protected:
  RoutesTest() {
    routes_.add_answer("GET", "/answer/{}",
                       [](const RequestHead& head, const PathParameters& parameters,
                          const Sender& sender) -> Result<Response> {
                         return text(head.method + " " + parameters[0] + " of " + sender.name);
                       });
    routes_.add_answer("GET", "/error",
                       [](const RequestHead&, const PathParameters&, const Sender&) -> Result<Response> {
                         return Error{.kind = ErrorKind::conflict, .code = "conflict", .message = "no"};
                       });
    routes_.add_task("POST", "/task",
                     [](Exchange& exchange, const PathParameters&, const Sender&) -> Task<Result<Response>> {
                       auto body = co_await exchange.read_body(10);
                       if (!body) co_return body.error();
                       co_return text(*body);
                     });
    routes_.add_exchange("GET", "/stream/**",
                         [](Exchange& exchange, const PathParameters& parameters, const Sender&) -> Task<> {
                           Headers none;
                           co_await exchange.start(200, std::move(none));
                           co_await exchange.write(parameters.rest());
                           co_await exchange.finish();
                         });
    port_ = server_.listen_tcp("127.0.0.1", 0).value();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~RoutesTest() override {
    boost::asio::post(io_, [this] {
      server_.close();
      io_.stop();
    });
    thread_.join();
  }

  Task<> serve(Exchange& exchange) {
    const Sender sender{"Ada"};
    const bool there = co_await routes_.serve(exchange, exchange.head().path(), sender);
    if (there) co_return;
    Result<Response> none = Error{.kind = ErrorKind::not_found, .code = "not_found", .message = "no"};
    co_await send(exchange, std::move(none));
  }
  static Task<> send(Exchange& exchange, Result<Response> answer) {
    auto response = answer ? std::move(*answer) : error_response(answer.error());
    response.headers.add("X-Sent-By", "one place");
    co_await exchange.respond(std::move(response));
  }
  RawConnection::Answer ask(const std::string& method, const std::string& path,
                            const std::string& body = {}) const {
    auto client = RawConnection::to_tcp(port_);
    EXPECT_TRUE(client.send(method + " " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body));
    return client.read_answer(method == "HEAD");
  }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  Routes<const Sender&> routes_{
      [](Exchange& exchange, Result<Response> answer) { return send(exchange, std::move(answer)); }};
  HttpServer server_{io_, [this](Exchange& exchange) { return serve(exchange); }};
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(RoutesTest, what_a_handler_returns_is_sent_in_one_place) {
  const auto answer = ask("GET", "/answer/a%20b?query=1");
  EXPECT_EQ(answer.body, "GET a b of Ada");
  EXPECT_TRUE(answer.has("X-Sent-By: one place"));
  EXPECT_EQ(ask("GET", "/error").status, 409);
  EXPECT_EQ(ask("POST", "/task", "hello").body, "hello");
  EXPECT_EQ(ask("POST", "/task", "more than ten").status, 413);
}

TEST_F(RoutesTest, a_stream_answers_the_exchange_itself) {
  const auto answer = ask("GET", "/stream/b/c");
  EXPECT_EQ(answer.body, "b/c");
  EXPECT_FALSE(answer.has("X-Sent-By: "));
}

TEST_F(RoutesTest, head_comes_with_a_get_that_is_answered_as_a_whole) {
  const auto answer = ask("HEAD", "/answer/a");
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.has("Content-Length: 13\r\n"));
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(ask("HEAD", "/stream/a").status, 405) << "it would be held for ever";
}

TEST_F(RoutesTest, what_has_no_handler_is_refused) {
  const auto refused = ask("DELETE", "/answer/a");
  EXPECT_EQ(refused.status, 405);
  EXPECT_TRUE(refused.has("Allow: GET, HEAD\r\n"));
  EXPECT_TRUE(refused.has("X-Sent-By: one place"));
  EXPECT_EQ(ask("GET", "/answer/%2e%2e").status, 400);
  EXPECT_EQ(ask("GET", "/nothing").status, 404);
  EXPECT_FALSE(ask("OPTIONS", "/answer/a").has("Access-Control-"));
}

}  // namespace
}  // namespace wye::net
