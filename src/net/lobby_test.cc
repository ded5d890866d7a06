#include "net/lobby.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "net/descriptor_budget.h"
#include "net/http_server.h"
#include "net/testing/raw_connection.h"

// A full server: what it answers, to which clients, and that it recovers afterwards.
namespace wye::net {
namespace {

using testing::RawConnection;

constexpr auto kAsk = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr auto kAskHealth = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

Task<> hello(Exchange& exchange) {
  exchange.welcome();
  auto response = json_response(200, "{}");
  co_await exchange.respond(std::move(response));
}

class FullServer : public ::testing::Test {
 protected:
  void serve(ServerLimits limits) {
    server_ = std::make_unique<HttpServer>(io_, hello, limits);
    port_ = server_->listen_tcp("127.0.0.1", 0).value();
    thread_ = std::thread([this] { io_.run(); });
  }
  void TearDown() override {
    boost::asio::post(io_, [this] {
      server_.reset();
      guard_.reset();
    });
    thread_.join();
  }
  RawConnection connect() const { return RawConnection::to_tcp(port_); }
  /// A connection that the server keeps.
  RawConnection resident() const {
    auto client = connect();
    client.send(kAsk);
    EXPECT_EQ(client.read_answer().status, 200);
    return client;
  }
  RawConnection::Answer ask(const char* request) const {
    auto client = connect();
    client.send(request);
    auto answer = client.read_answer();
    EXPECT_TRUE(client.at_end()) << "guests do not stay";
    return answer;
  }
  [[nodiscard]] ServerTotals totals() const { return server_->totals(); }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(FullServer, tells_guests_to_come_again_and_its_health) {
  serve({.connections = 2});
  auto first = resident(), second = resident();
  const auto refused = ask(kAsk);
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.has("Retry-After: 1\r\n"));
  EXPECT_EQ(refused.body, R"({"code":"capacity_exhausted","message":"too many connections are open"})");
  const auto health = ask(kAskHealth);
  EXPECT_EQ(health.status, 200);
  EXPECT_EQ(health.body, R"({"status":"ok"})");
  EXPECT_EQ(ask("GET /healthzx HTTP/1.1\r\n\r\n").status, 503);
  EXPECT_EQ(totals().refused_connections, 3u);
  EXPECT_EQ(totals().connections, 2u);
  second.close();
  // Taken in again as soon as the server has seen it leave.
  while (totals().connections > 1) std::this_thread::yield();
  auto third = resident();
  first.send(kAsk);
  EXPECT_EQ(first.read_answer().status, 200) << "who was there was not disturbed";
}

TEST_F(FullServer, a_guest_that_says_nothing_is_told_and_let_go) {
  serve({.connections = 0});
  EXPECT_EQ(ask("").status, 503);
}

TEST_F(FullServer, a_guest_with_a_large_body_gets_its_answer) {
  serve({.connections = 0});
  auto client = connect();
  client.send("POST / HTTP/1.1\r\nContent-Length: 500000\r\n\r\n" + std::string(500'000, 'x'));
  EXPECT_EQ(client.read_answer().status, 503);
  EXPECT_FALSE(client.was_reset());
}

TEST_F(FullServer, the_oldest_guest_makes_room) {
  serve({.connections = 0});
  std::vector<RawConnection> silent;
  for (std::size_t i = 0; i < Lobby::kPlaces + 10; ++i) silent.push_back(connect());
  EXPECT_EQ(ask(kAskHealth).status, 200) << "however many are silent";
  for (auto& guest : silent) EXPECT_EQ(guest.read_answer().status, 503);
}

TEST_F(FullServer, a_budget_shared_by_servers_bounds_their_connections_together) {
  DescriptorBudget budget(8);
  ASSERT_EQ(budget.for_clients(), 6u);
  serve({.descriptors = &budget});
  {
    std::vector<DescriptorBudget::Place> elsewhere(4);
    for (auto& place : elsewhere) ASSERT_TRUE(budget.take_for_client(place));
    auto first = resident(), second = resident();
    EXPECT_EQ(ask(kAsk).status, 503);
    DescriptorBudget::Place to_vm[3];
    EXPECT_TRUE(budget.take_for_vm(to_vm[0])) << "VMs are still reached";
    EXPECT_TRUE(budget.take_for_vm(to_vm[1]));
    EXPECT_FALSE(budget.take_for_vm(to_vm[2]));
  }
  while (budget.taken() > 0) std::this_thread::yield();
  auto again = resident();
}

// The descriptors of this process run out: the server has four kept aside.
class StarvedServer : public FullServer {
 protected:
  void starve() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    int last = 0;
    {
      const UniqueFd next(::dup(0));
      last = next.get();
    }
    // What the test opens is what is left: two ends of each connection share the table.
    rlimit low{static_cast<rlim_t>(last), before_.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  }
  void TearDown() override {
    ::setrlimit(RLIMIT_NOFILE, &before_);
    FullServer::TearDown();
  }
  /// Before `starve()`: sockets that can be connected afterwards.
  static RawConnection connect_later(UniqueFd fd, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return RawConnection(std::move(fd));
  }
  static UniqueFd socket() { return UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }
  rlimit before_{};
};

TEST_F(StarvedServer, answers_without_a_descriptor_left_and_recovers) {
  serve({});
  auto resident_before = resident();
  std::vector<UniqueFd> sockets;
  for (int i = 0; i < 12; ++i) sockets.push_back(socket());
  auto for_health = socket();
  starve();
  std::vector<RawConnection> clients;
  for (auto& fd : sockets) clients.push_back(connect_later(std::move(fd), port_));
  auto health = connect_later(std::move(for_health), port_);
  health.send(kAskHealth);
  for (auto& client : clients) client.send(kAsk);
  for (auto& client : clients) EXPECT_EQ(client.read_answer().status, 503);
  EXPECT_EQ(health.read_answer().status, 200);
  resident_before.send(kAsk);
  EXPECT_EQ(resident_before.read_answer().status, 200);
  EXPECT_GT(totals().starved_accepts, 0u);
  ::setrlimit(RLIMIT_NOFILE, &before_);
  auto after = resident();
}

TEST_F(StarvedServer, does_not_spin_while_nobody_leaves) {
  serve({});
  std::vector<UniqueFd> sockets;
  for (int i = 0; i < 16; ++i) sockets.push_back(socket());
  starve();
  const auto used = [&] {
    timespec time{};
    clockid_t clock{};
    ::pthread_getcpuclockid(thread_.native_handle(), &clock);
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  };
  const auto before = used();
  const auto starved_before = totals().starved_accepts;
  std::vector<RawConnection> silent;
  for (auto& fd : sockets) silent.push_back(connect_later(std::move(fd), port_));
  EXPECT_EQ(silent.back().read_answer().status, 503) << "the last one's turn comes";
  // 16 silent guests in 4 places: a spinning thread would have used all that time, and tried without end.
  EXPECT_LT(used() - before, 0.3);
  EXPECT_LT(totals().starved_accepts - starved_before, 200u);
}

}  // namespace
}  // namespace wye::net
