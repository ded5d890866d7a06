#pragma once

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "net/http_server.h"
#include "net/testing/raw_connection.h"

// Tests only: a real server with a handler of the test's.
namespace wye::net::testing {

/// Runs a server on a thread of its own, on a free port.
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
inline Response text(int status, std::string body, std::string name = "", std::string value = "") {
  Response response{status, {}, std::move(body)};
  if (!name.empty()) response.headers.add(std::move(name), std::move(value));
  return response;
}
inline Headers one_field(std::string name, std::string value) {
  Headers headers;
  headers.add(std::move(name), std::move(value));
  return headers;
}
/// Answers with the method, the body and the path.
inline Task<> echo(Exchange& exchange) {
  auto body = co_await exchange.read_body(1000);
  if (!body)
    co_await exchange.respond(error_response(body.error()));
  else
    co_await exchange.respond(
        text(200, exchange.head().method + ":" + *body, "X-Path", std::string(exchange.head().path())));
}

}  // namespace wye::net::testing
