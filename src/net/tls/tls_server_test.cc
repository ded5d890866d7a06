#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <thread>

#include "net/http_server.h"
#include "net/testing/tls_client.h"
#include "net/tls/tls_identity.h"

// The plain server behind TLS, as clients see it: good ones, slow ones, and those that leave without a word.
namespace wye::net {
namespace {

using testing::RawConnection;
using testing::TestCertificate;
using testing::TlsClient;

constexpr auto kAsk = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

class TlsServer : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ::signal(SIGPIPE, SIG_IGN); }  // as the program does
  void write(const TestCertificate& pair) {
    std::ofstream(files_.certificate) << pair.certificate();
    std::ofstream(files_.key) << pair.key();
    ::chmod(files_.key.c_str(), 0600);
  }
  void serve(ServerLimits limits = {}) {
    write(first_);
    identity_ = TlsIdentity::load(files_).value();
    server_ = std::make_unique<HttpServer>(
        io_, [this](Exchange& exchange) { return answer(exchange); }, limits);
    server_->use_tls(*identity_);
    port_ = server_->listen_tcp("127.0.0.1", 0).value();
    thread_ = std::thread([this] { io_.run(); });
  }
  void TearDown() override {
    if (!thread_.joinable()) return;
    boost::asio::post(io_, [this] {
      server_.reset();
      guard_.reset();
    });
    thread_.join();
  }
  Task<> answer(Exchange& exchange) {
    exchange.welcome();
    const auto path = exchange.head().path();
    if (path == "/echo") {
      auto body = co_await exchange.read_body(64u << 20);
      auto response = json_response(200, body ? *body : "cut");
      co_await exchange.respond(std::move(response));
    } else if (path == "/cut" || path == "/whole") {
      Headers none;
      co_await exchange.start(200, none);
      co_await exchange.write("a beginning");
      if (path == "/cut") exchange.abort();
      if (path == "/whole") co_await exchange.finish();
    } else if (path == "/last") {
      auto response = json_response(200, "{}");
      co_await exchange.respond(std::move(response));
      server_->close();  // before anything else has its turn
    } else if (path == "/wait") {
      asked_.set_value();
      co_await exchange.client_gone();
      left_.set_value();
    } else {
      auto response = json_response(200, R"({"said":"hello"})");
      co_await exchange.respond(std::move(response));
    }
  }
  [[nodiscard]] TlsClient connect(TlsClient::Options options = {}) const {
    return TlsClient(port_, authority_, options);
  }
  static int ask(TlsClient& client, const std::string& request = kAsk) {
    if (!client || !client.send(request)) return 0;
    const auto head = client.read_until("\r\n\r\n");
    const auto length = head.find("Content-Length: ");
    if (length == std::string::npos) return 0;
    body_of_last() = client.read_exactly(static_cast<std::size_t>(std::atoll(head.c_str() + length + 16)));
    return std::atoi(head.c_str() + 9);
  }
  static std::string& body_of_last() {
    static std::string body;
    return body;
  }
  // Waits until this process has no more than `most` descriptors, and returns their number then or after the
  // patience.
  static std::size_t settled(std::size_t most) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (open_descriptors() > most && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    return open_descriptors();
  }
  // A connection is counted until its own thread has let it go, a moment after its descriptors.
  [[nodiscard]] bool all_left() const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (server_->totals().connections > 0 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    return server_->totals().connections == 0;
  }

  testing::TempDir directory_;
  const TlsFiles files_{directory_.file("cert.pem"), directory_.file("key.pem")};
  const TestCertificate authority_{"authority"}, first_{"first", &authority_}, second_{"second", &authority_};
  std::optional<DescriptorBudget> budget_;  // outlives the places that connections hold
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  std::unique_ptr<TlsIdentity> identity_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  std::promise<void> asked_, left_;
};

TEST_F(TlsServer, answers_and_keeps_the_connection) {
  serve();
  auto client = connect();
  ASSERT_TRUE(client);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(client), 200);
  EXPECT_EQ(server_->totals().connections, 1u);
}

TEST_F(TlsServer, speaks_http_1_1_over_tls_1_2_and_1_3_only) {
  serve();
  auto newest = connect({.protocols = "\x02h2\x08http/1.1"});
  EXPECT_EQ(ask(newest), 200);
  EXPECT_EQ(newest.version(), TLS1_3_VERSION);
  EXPECT_EQ(newest.protocol(), "http/1.1");
  auto older = connect({.max_version = TLS1_2_VERSION});
  EXPECT_EQ(ask(older), 200);
  EXPECT_FALSE(connect({.max_version = TLS1_1_VERSION}));
  EXPECT_FALSE(connect({.protocols = "\x02h2"}));
}

TEST_F(TlsServer, large_bodies_pass_both_ways) {
  serve();
  auto client = connect();
  ASSERT_TRUE(client);
  std::string body(20u << 20, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + (i * i) % 23);
  const auto head =
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  EXPECT_EQ(ask(client, head + body), 200);
  EXPECT_TRUE(body_of_last() == body);
}

TEST_F(TlsServer, a_client_that_does_not_read_holds_nothing_beyond_the_buffers) {
  serve({.write_timeout = std::chrono::milliseconds(200)});
  const auto before = open_descriptors();
  {
    auto client = connect();
    const std::string body(20u << 20, 'x');
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
    // Its own end and the relay's two; the server's own is closed once its time is up.
    EXPECT_LE(settled(before + 3), before + 3);
    EXPECT_TRUE(all_left());
  }
  EXPECT_LE(settled(before), before);
}

TEST_F(TlsServer, who_speaks_http_is_told_to_use_https) {
  serve();
  auto client = RawConnection::to_tcp(port_);
  client.send("GET /browsers HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find(R"("code":"tls_required")"), std::string::npos);
  EXPECT_TRUE(client.at_end());
  EXPECT_FALSE(client.was_reset());
}

TEST_F(TlsServer, what_is_neither_tls_nor_http_is_let_go) {
  serve();
  auto client = RawConnection::to_tcp(port_);
  client.send(std::string(64, '\x17'));
  client.read_to_end();
  EXPECT_TRUE(all_left());
}

TEST_F(TlsServer, a_handshake_that_does_not_end_is_ended) {
  serve({.head_timeout = std::chrono::milliseconds(100)});
  const auto before = open_descriptors();
  auto silent = RawConnection::to_tcp(port_);
  auto slow = RawConnection::to_tcp(port_);
  slow.send("\x16\x03\x01");  // how a record begins
  EXPECT_TRUE(silent.at_end());
  EXPECT_TRUE(slow.at_end());
  EXPECT_LE(settled(before + 2), before + 2);
}

// Slow-loris: all places are taken by handshakes that never end.
TEST_F(TlsServer, slow_handshakes_keep_nobody_out) {
  auto& budget = budget_.emplace(8);  // clients have six of them, and one that is served takes three
  serve({.descriptors = &budget});
  std::vector<RawConnection> slow;
  for (int i = 0; i < 40; ++i) {
    slow.push_back(RawConnection::to_tcp(port_));
    slow.back().send("\x16\x03\x01\x02");
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(9);  // before they time out
  int status = 0;
  while (status != 200 && std::chrono::steady_clock::now() < deadline) {
    auto client = connect();
    status = ask(client);
  }
  EXPECT_EQ(status, 200);
  slow.clear();
}

TEST_F(TlsServer, a_full_server_says_so) {
  serve({.connections = 1});
  auto resident = connect();
  ASSERT_EQ(ask(resident), 200);
  auto guest = connect();
  EXPECT_EQ(ask(guest), 503);
  EXPECT_NE(body_of_last().find("capacity_exhausted"), std::string::npos);
  EXPECT_EQ(ask(resident), 200);
}

TEST_F(TlsServer, a_full_budget_says_so_and_gives_every_place_back) {
  auto& budget = budget_.emplace(4);  // three for clients: one connection
  serve({.descriptors = &budget});
  for (int i = 0; i < 5; ++i) {
    auto resident = connect();
    while (ask(resident) != 200) resident = connect();
    auto guest = connect();
    EXPECT_EQ(ask(guest), 503);
  }
}

TEST_F(TlsServer, an_answer_that_was_cut_does_not_look_complete) {
  serve();
  // HTTP/1.0 without a length: the connection's end is the answer's.
  auto cut = connect();
  cut.send("GET /cut HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(cut.read_to_end().ends_with("a beginning"));
  EXPECT_FALSE(cut.was_ended());
  auto whole = connect();
  whole.send("GET /whole HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(whole.read_to_end().ends_with("a beginning"));
  EXPECT_TRUE(whole.was_ended());
}

TEST_F(TlsServer, a_request_that_was_cut_is_not_taken_for_whole) {
  serve();
  auto client = connect();
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhel");
  client.end_writing();
  EXPECT_EQ(client.read_to_end().find("hel\""), std::string::npos);
}

TEST_F(TlsServer, a_client_that_has_ended_its_sending_gets_its_answer) {
  serve();
  auto client = connect();
  client.send(kAsk);
  client.end_writing();
  EXPECT_NE(client.read_to_end().find("hello"), std::string::npos);
}

TEST_F(TlsServer, a_client_that_leaves_is_noticed_whatever_the_way) {
  for (const auto* way : {"closed", "reset", "ended"}) {
    SCOPED_TRACE(way);
    asked_ = std::promise<void>();
    left_ = std::promise<void>();
    if (!server_) serve();
    auto client = connect();
    client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_EQ(asked_.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
    if (way == std::string_view("closed")) client.raw().close();
    if (way == std::string_view("reset")) client.raw().reset_connection();
    if (way == std::string_view("ended")) client.end_writing();
    EXPECT_EQ(left_.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  }
}

TEST_F(TlsServer, abrupt_ends_leave_nothing) {
  serve();
  { auto warm = connect(); }
  const auto before = open_descriptors();
  for (int i = 0; i < 60; ++i) {
    auto client = connect();
    ASSERT_TRUE(client);
    if (i % 2 == 0)
      client.send(i % 4 == 0 ? kAsk : "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n");
    if (i % 3 == 0) client.raw().reset_connection();
    if (i % 3 == 1) client.raw().close();
    if (i % 3 == 2) client.raw().end_writing();
  }
  EXPECT_LE(settled(before), before);
  EXPECT_TRUE(all_left());
}

TEST_F(TlsServer, what_was_said_before_the_server_ended_arrives) {
  serve();
  auto client = connect();
  EXPECT_EQ(ask(client, "GET /last HTTP/1.1\r\nHost: x\r\n\r\n"), 200);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(TlsServer, a_reload_is_for_new_connections_and_breaks_no_old_one) {
  serve();
  auto old = connect();
  ASSERT_EQ(ask(old), 200);
  const TestCertificate other_authority("other authority"), fresh("fresh", &other_authority);
  write(fresh);
  ASSERT_TRUE(identity_->reload());
  EXPECT_FALSE(connect()) << "of an authority that this client does not trust";
  auto trusting = TlsClient(port_, other_authority);
  EXPECT_EQ(ask(trusting), 200);
  EXPECT_EQ(ask(old), 200);
}

}  // namespace
}  // namespace wye::net
