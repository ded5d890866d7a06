#include "metro/forward.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include "metro/testing/metro_fixture.h"
#include "net/http_server.h"
#include "net/ws_frames.h"

// The metro's proxy behind another server's exchanges, as the control plane uses it.
namespace wye::metro {
namespace {

using namespace testing;
using namespace std::chrono_literals;

class Forward : public MetroTest {
 protected:
  void start_forwarding(ScriptedAgent::Script script) {
    agent_ = std::make_unique<ScriptedAgent>(socket_path_, std::move(script));
    directory_.add(kSession, SessionState::live, net::Endpoint::unix_socket(socket_path_), 60s);
    forwarder_ = std::make_unique<Forwarder>(io_, directory_, log_, clock_, options_.proxy, hooks_);
    server_ = std::make_unique<net::HttpServer>(io_, [this](net::Exchange& exchange) -> net::Task<> {
      std::string tail(exchange.head().path().substr(1));
      std::string query(exchange.head().query());
      ForwardOptions options = forward_options_;
      co_await forwarder_->forward(exchange, kSession, std::move(tail), std::move(query), std::move(options));
    });
    port_ = server_->listen_tcp("127.0.0.1", 0).value();
    thread_ = std::thread([this] { io_.run(); });
  }
  void TearDown() override {
    if (thread_.joinable()) {
      boost::asio::post(io_, [this] {
        server_.reset();
        forwarder_.reset();
        guard_.reset();
      });
      thread_.join();
    }
    MetroTest::TearDown();
  }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  ForwardOptions forward_options_;
  std::unique_ptr<Forwarder> forwarder_;
  std::unique_ptr<net::HttpServer> server_;
  std::thread thread_;
};

TEST_F(Forward, a_request_and_its_answer_pass_as_through_the_metro) {
  forward_options_.client_address = "10.0.0.9";
  forward_options_.public_scheme = "https";
  forward_options_.public_host = "api.example";
  start_forwarding([](RawConnection& peer) {
    for (auto head = peer.read_head(); !head.empty(); head = peer.read_head())
      peer.send(ok(head + peer.read_exactly(2)));
  });
  auto client = connect();
  for (int i = 0; i < 2; ++i) {
    client.send(raw("POST", "/fs/%75pload?a=%2F&jwt=x",
                    "Authorization: Bearer sk_key\r\nX-Request-Id: r\r\nTE: x\r\n", "{}"));
    EXPECT_EQ(client.read_answer().body,
              "POST /fs/%75pload?a=%2F HTTP/1.1\r\nHost: metro.test\r\nX-Request-Id: r\r\nContent-Length: "
              "2\r\nX-Forwarded-For: 10.0.0.9\r\n"
              "X-Forwarded-Proto: https\r\nX-Forwarded-Host: api.example\r\n\r\n{}");
  }
  EXPECT_EQ(agent_->connections(), 1);
}

TEST_F(Forward, the_control_plane_reaches_what_a_jwt_does_not) {
  start_forwarding(answer_each([](const std::string&) { return ok("ok"); }));
  EXPECT_EQ(ask(raw("PATCH", "/display")).status, 200);
  EXPECT_EQ(ask(raw("PATCH", "/fs/%2e%2e/x")).status, 404);
}

TEST_F(Forward, the_states_of_a_session_are_answered_as_by_the_metro) {
  start_forwarding(answer_each([](const std::string&) { return ok("ok"); }));
  directory_.set_state(kSession, SessionState::ending);
  EXPECT_EQ(ask(raw("GET", "/telemetry")).status, 503);
  directory_.set_state(kSession, SessionState::gone);
  EXPECT_EQ(ask(raw("GET", "/telemetry")).body, R"({"code":"browser_gone","message":"browser not found"})");
}

TEST_F(Forward, chunked_bodies_pass_both_ways) {
  start_forwarding([](RawConnection& peer) {
    EXPECT_NE(peer.read_head().find("Transfer-Encoding: chunked\r\n"), std::string::npos);
    std::string payload;
    for (auto line = peer.read_until("\r\n"); line != "0\r\n"; line = peer.read_until("\r\n")) {
      payload += peer.read_exactly(std::stoul(line, nullptr, 16));
      peer.read_until("\r\n");
    }
    peer.read_until("\r\n");
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
              std::string("3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n"));
    EXPECT_EQ(payload, "hello");
    peer.read_to_end();
  });
  auto client = connect();
  client.send(raw("POST", "/fs/upload", "Transfer-Encoding: chunked\r\n"));
  client.send("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "abcd");
}

TEST_F(Forward, the_framing_of_bodies_is_passed_on_as_it_is) {
  const std::string sent = "2;part=1\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 1\r\n\r\n";
  const std::string answered = "1;x\r\na\r\n3\r\nbcd\r\n0\r\nX-Sum: 2\r\n\r\n";
  start_forwarding([=](RawConnection& peer) {
    peer.read_head();
    EXPECT_EQ(peer.read_exactly(sent.size()), sent);
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + answered);
    peer.read_to_end();
  });
  auto client = connect();
  client.send(raw("POST", "/fs/upload", "Transfer-Encoding: chunked\r\n"));
  for (const char byte : sent) client.send(std::string(1, byte));
  EXPECT_NE(client.read_head().find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(client.read_exactly(answered.size()), answered);
}

TEST_F(Forward, a_client_of_http_1_0_gets_the_payload_alone) {
  start_forwarding([](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n");
    peer.read_to_end();
  });
  auto client = connect();
  client.send("GET /telemetry HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read_head().find("chunked"), std::string::npos);
  EXPECT_EQ(client.read_to_end(), "abcd");
}

TEST_F(Forward, chunks_that_are_none_are_the_clients_mistake) {
  start_forwarding([](RawConnection& peer) {
    peer.read_head();
    peer.read_to_end();
  });
  auto client = connect();
  client.send(raw("POST", "/fs/upload", "Transfer-Encoding: chunked\r\n"));
  client.send("2\r\nhe\r\nx");
  EXPECT_EQ(client.read_answer().status, 400);
}

TEST_F(Forward, big_bodies_pass_both_ways) {
  const std::string big(10'000'000, 'b');
  start_forwarding([&](RawConnection& peer) {
    for (auto head = peer.read_head(); !head.empty(); head = peer.read_head()) {
      EXPECT_TRUE(peer.read_exactly(big.size()) == big);
      peer.send(ok(big));
    }
  });
  auto client = connect();
  for (int i = 0; i < 2; ++i) {
    client.send(raw("PUT", "/fs/write_file", "", big));
    EXPECT_TRUE(client.read_answer().body == big);
  }
}

TEST_F(Forward, an_answer_before_the_whole_request_is_passed_on) {
  start_forwarding([](RawConnection& peer) {
    peer.read_head();
    peer.send(json_answer(413, R"({"code":"payload_too_large"})"));
    peer.read_to_end();
  });
  auto client = connect();
  client.send(raw("PUT", "/fs/write_file", "Content-Length: 1000000\r\n"));
  EXPECT_EQ(client.read_answer().body, R"({"code":"payload_too_large"})");
}

TEST_F(Forward, a_cut_answer_breaks_the_connection) {
  start_forwarding([](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  });
  auto client = connect();
  client.send(raw("GET", "/telemetry"));
  EXPECT_FALSE(client.read_answer().complete);
}

TEST_F(Forward, a_client_that_goes_away_ends_the_agents_call) {
  const Event asked;
  const Event ended;
  start_forwarding([=](RawConnection& peer) {
    peer.read_head();
    peer.read_exactly(2);
    asked.set();
    if (peer.at_end()) ended.set();
  });
  auto client = connect();
  client.send(raw("POST", "/process/exec", "", "{}"));
  EXPECT_TRUE(asked.wait());
  client.close();
  EXPECT_TRUE(ended.wait());
}

TEST_F(Forward, a_watched_call_leaves_the_connection_usable) {
  start_forwarding([](RawConnection& peer) {
    peer.read_head();
    // Waits longer than a tick, so that the client is being watched when the answer comes.
    pollfd nothing{peer.fd(), POLLIN, 0};
    ::poll(&nothing, 1, 30);
    peer.send(ok("slow"));
    for (auto head = peer.read_head(); !head.empty(); head = peer.read_head()) peer.send(ok("fast"));
  });
  auto client = connect();
  client.send(raw("GET", "/telemetry"));
  EXPECT_EQ(client.read_answer().body, "slow");
  client.send(raw("GET", "/telemetry"));
  EXPECT_EQ(client.read_answer().body, "fast");
}

TEST_F(Forward, a_websocket_is_relayed_and_closed_with_the_session) {
  start_forwarding([](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    for (auto byte = peer.read_exactly(1); !byte.empty(); byte = peer.read_exactly(1))
      if (!peer.send(byte)) break;
  });
  auto client = connect();
  client.send(raw("GET", "/telemetry/stream", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  const std::string frame = std::string("\x81\x03", 2) + "abc";
  client.send(frame);
  EXPECT_EQ(client.read_exactly(5), frame);
  directory_.set_state(kSession, SessionState::ending);
  EXPECT_EQ(client.read_to_end(), net::ws_close_frame(1001, "session ended"));
}

// The loop holds the call to its end, which a stop does not wait for.
TEST_F(Forward, a_server_may_go_while_an_answer_lasts) {
  start_forwarding([](RawConnection& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    peer.read_to_end();
  });
  auto client = connect();
  client.send(raw("GET", "/telemetry/stream"));
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 200 OK\r\n"));
  io_.stop();
  thread_.join();
  server_.reset();
  forwarder_.reset();
}

TEST_F(Forward, the_servers_own_calls_get_an_answer_in_every_case) {
  start_forwarding(answer_each([](const std::string& head) { return ok(head.substr(0, head.find(' '))); }));
  const auto call = [&] {
    return boost::asio::co_spawn(io_, forwarder_->call(kSession, "PUT", "/telemetry", "", 5s),
                                 boost::asio::use_future)
        .get();
  };
  EXPECT_EQ(call().body, "PUT");
  agent_->stop();
  EXPECT_EQ(call().status, 503);
  directory_.set_state(kSession, SessionState::gone);
  EXPECT_EQ(call().status, 404);
}

}  // namespace
}  // namespace wye::metro
