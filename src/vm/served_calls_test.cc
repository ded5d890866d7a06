// Registered calls behind the agent's real server: under which paths they are reached, how other paths are
// answered, and what telemetry records.
#include "vm/served_calls.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/json.hpp>
#include <future>
#include <thread>

#include "net/http_server.h"
#include "net/socket.h"
#include "net/testing/raw_connection.h"
#include "vm/telemetry/telemetry_handlers.h"

namespace wye::vm {
namespace {

using net::testing::RawConnection;

class ServedCallsTest : public ::testing::Test {
 protected:
  ServedCallsTest() {
    hub_.configure(Categories{"control", "platform"});
    calls_.answer("clickMouse", [](const net::RequestHead&, const net::PathParameters&) {
      return Result<net::Response>(net::json_response(200, R"({"clicked":true})"));
    });
    calls_.with_body("typeText", [](std::string body) -> net::Task<Result<net::Response>> {
      if (body.empty()) co_return Error{ErrorKind::invalid, "bad_request", "text is missing"};
      co_return net::json_response(200, std::to_string(body.size()));
    });
    calls_.answer("processStatus", [](const net::RequestHead&, const net::PathParameters& parameters) {
      return Result<net::Response>(net::json_response(200, parameters[0]));
    });
    calls_.answer("heartbeat", [](const net::RequestHead&, const net::PathParameters&) {
      return Result<net::Response>(net::json_response(200, "{}"));
    });
    calls_.exchange("executePlaywrightCode", [this](net::Exchange& exchange, const net::PathParameters&) {
      return until_gone(exchange);
    });
    port_ = server_.listen_tcp("127.0.0.1", 0).value();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~ServedCallsTest() override {
    boost::asio::post(io_, [this] {
      server_.close();
      io_.stop();
    });
    thread_.join();
  }
  net::Task<> until_gone(net::Exchange& exchange) {
    using namespace boost::asio::experimental::awaitable_operators;
    net::Headers none;
    co_await exchange.start(200, std::move(none));
    net::Timer never(io_.get_executor(), net::Timer::time_point::max());
    co_await (wait(never) || exchange.client_gone());
    boost::asio::post(io_, [this] { gone_.set_value(); });
  }
  static net::Task<> wait(net::Timer& timer) { co_await timer.async_wait(net::kAwait); }
  RawConnection begin(const std::string& method, const std::string& path, const std::string& body = {}) {
    auto client = RawConnection::to_tcp(port_);
    EXPECT_TRUE(client.send(method + " " + path +
                            " HTTP/1.1\r\nHost: a\r\nX-Request-Id: r1\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body));
    return client;
  }
  RawConnection::Answer ask(const std::string& method, const std::string& path,
                            const std::string& body = {}) {
    return begin(method, path, body).read_answer(method == "HEAD");
  }
  /// What telemetry has recorded so far, as text.
  std::string told() {
    std::promise<std::string> text;
    boost::asio::post(io_, [&] { text.set_value(TelemetryHandlers(clock_, hub_).events("limit=100").body); });
    return text.get_future().get();
  }
  static std::string code_of(const RawConnection::Answer& answer) {
    return std::string(boost::json::parse(answer.body).at("code").as_string());
  }

  SystemClock clock_;
  Log log_{LogLevel::off};
  UniqueFd spool_{::memfd_create("spool", MFD_CLOEXEC)};
  boost::asio::io_context io_{1};
  TelemetryHub hub_{clock_, log_, events::SpoolLog::open(spool_.get()).value()};
  ServedCalls calls_{hub_};
  net::HttpServer server_{io_, [this](net::Exchange& exchange) { return calls_.serve(exchange); }};
  std::promise<void> gone_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(ServedCallsTest, a_call_is_reached_and_told_as_its_row_says) {
  const auto answer = ask("POST", "/computer/click_mouse");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"clicked":true})");
  EXPECT_TRUE(answer.has("X-Wye-Source: agent\r\n"));
  EXPECT_EQ(ask("GET", "/process/p%31/status/").body, "p1");
  const auto events = told();
  EXPECT_NE(events.find(R"("type":"api_call","category":"control")"), events.npos) << events;
  EXPECT_NE(events.find(R"("operation_id":"clickMouse","request_id":"r1","status":200)"), events.npos)
      << events;
  EXPECT_NE(events.find(R"("type":"platform_api_call","category":"platform")"), events.npos) << events;
  EXPECT_NE(events.find(R"("operation_id":"processStatus")"), events.npos) << events;
}

TEST_F(ServedCallsTest, a_call_that_failed_is_told_and_one_that_is_nobodys_is_not) {
  EXPECT_EQ(ask("POST", "/computer/type").status, 400);
  EXPECT_EQ(ask("GET", "/heartbeat").status, 200);
  EXPECT_EQ(ask("POST", "/recording/start").status, 501);
  EXPECT_EQ(ask("DELETE", "/computer/type").status, 405);
  EXPECT_EQ(ask("GET", "/nothing").status, 404);
  const auto events = told();
  EXPECT_NE(events.find(R"("operation_id":"typeText","request_id":"r1","status":400)"), events.npos)
      << events;
  EXPECT_EQ(events.find("\"seq\":2"), events.npos) << events;
}

TEST_F(ServedCallsTest, a_client_that_went_away_is_told_as_499) {
  auto client = begin("POST", "/playwright/execute");
  EXPECT_NE(client.read_head().find("200 OK"), std::string::npos);
  client.close();
  gone_.get_future().wait();
  const auto events = told();
  EXPECT_NE(events.find(R"("operation_id":"executePlaywrightCode","request_id":"r1","status":499)"),
            events.npos)
      << events;
}

TEST_F(ServedCallsTest, what_is_not_here_is_refused_by_its_kind) {
  const auto other_method = ask("PUT", "/computer/click_mouse");
  EXPECT_EQ(other_method.status, 405);
  EXPECT_TRUE(other_method.has("Allow: POST\r\n"));
  const auto later = ask("GET", "/recording/list?id=x");
  EXPECT_EQ(later.status, 501);
  EXPECT_EQ(code_of(later), "not_implemented");
  EXPECT_TRUE(later.has("x-should-retry: false\r\n"));
  EXPECT_NE(later.body.find("recording/list"), std::string::npos);
  EXPECT_EQ(ask("HEAD", "/heartbeat").status, 200);
  auto large = RawConnection::to_tcp(port_);
  large.send("POST /computer/type HTTP/1.1\r\nHost: a\r\nContent-Length: " +
             std::to_string(ServedCalls::kMaxJsonBody + 1) + "\r\n\r\n");
  EXPECT_EQ(large.read_answer().status, 413);
  std::string deep;
  for (int i = 0; i < 10'000; ++i) deep += "/x";
  for (const std::string& path :
       {std::string("/"), std::string("//computer/click_mouse"), std::string("/computer"),
        std::string("/computer//click_mouse"), std::string("/computer/click_mouse/x"),
        std::string("/process//status"), std::string("/process/a/b/status"),
        std::string("/computer%2Fclick_mouse"), deep}) {
    const auto answer = ask("POST", path);
    EXPECT_TRUE(answer.status == 404 || answer.status == 400) << path.substr(0, 40) << " " << answer.status;
    EXPECT_TRUE(answer.has("X-Wye-Source: agent\r\n")) << path.substr(0, 40);
  }
  for (const char* path :
       {"/process/%2e%2e/status", "/process/a%2Fb/status", "/process/%00/status", "/process/%zz/status"})
    EXPECT_EQ(ask("GET", path).status, 400) << path;
}

TEST_F(ServedCallsTest, a_call_that_no_row_names_is_a_mistake_of_ours) {
  EXPECT_THROW(calls_.exchange("notInTheTable", nullptr), std::logic_error);
}

}  // namespace
}  // namespace wye::vm
