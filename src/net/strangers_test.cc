#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "net/http_server.h"
#include "net/testing/tls_client.h"
#include "net/tls/tls_identity.h"

// A full server, and clients that take its places without saying who they are: they give way to clients that
// speak, first the oldest of the address that has the most.
namespace wye::net {
namespace {

using testing::RawConnection;
using testing::TestCertificate;
using testing::TlsClient;
using namespace std::chrono_literals;

constexpr auto kAsk = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr auto kAskAsStranger = "GET /stranger HTTP/1.1\r\nHost: x\r\n\r\n";

class FullOfStrangers : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ::signal(SIGPIPE, SIG_IGN); }
  void serve(ServerLimits limits) {
    server_ = std::make_unique<HttpServer>(io_, &answer, limits);
    if (identity_) server_->use_tls(*identity_);
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
  static Task<> answer(Exchange& exchange) {
    if (exchange.head().path() != "/stranger") exchange.welcome();
    auto response = json_response(exchange.head().path() == "/stranger" ? 401 : 200, "{}");
    co_await exchange.respond(std::move(response));
  }
  /// A client at one of this host's addresses; 127.0.0.0/8 are all its own.
  RawConnection connect_from(const char* address) const {
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in own{};
    own.sin_family = AF_INET;
    ::inet_pton(AF_INET, address, &own.sin_addr);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&own), sizeof(own)), 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port_);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
    return RawConnection(std::move(fd));
  }
  static int ask(RawConnection& client, const char* request = kAsk) {
    client.send(request);
    return client.read_answer().status;
  }
  static ServerLimits limits(std::size_t connections) {
    ServerLimits out;
    out.connections = connections;
    out.time_to_speak = 0ms;
    return out;
  }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  std::unique_ptr<TlsIdentity> identity_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(FullOfStrangers, the_oldest_silent_one_gives_way) {
  serve(limits(3));
  auto first = connect_from("127.0.0.1"), second = connect_from("127.0.0.1"),
       third = connect_from("127.0.0.1");
  auto speaks = connect_from("127.0.0.1");
  EXPECT_EQ(ask(speaks), 200);
  EXPECT_TRUE(first.at_end());
  EXPECT_EQ(ask(second), 200);
  EXPECT_EQ(ask(third), 200);
  EXPECT_EQ(server_->totals().refused_connections, 1u);
}

TEST_F(FullOfStrangers, who_said_something_else_than_who_it_is_gives_way_too) {
  serve(limits(2));
  auto refused = connect_from("127.0.0.1"), half = connect_from("127.0.0.1");
  EXPECT_EQ(ask(refused, kAskAsStranger), 401);
  half.send("GET / HTTP/1.1\r\nHos");
  auto one = connect_from("127.0.0.1"), other = connect_from("127.0.0.1");
  EXPECT_EQ(ask(one), 200);
  EXPECT_EQ(ask(other), 200);
  EXPECT_TRUE(refused.at_end());
  EXPECT_TRUE(half.at_end());
}

TEST_F(FullOfStrangers, the_address_with_the_most_of_them_gives_way_first) {
  serve(limits(4));
  auto old = connect_from("127.0.0.2");
  std::vector<RawConnection> many;
  for (int i = 0; i < 3; ++i) many.push_back(connect_from("127.0.0.3"));
  auto speaks = connect_from("127.0.0.4");
  EXPECT_EQ(ask(speaks), 200);
  EXPECT_TRUE(many.front().at_end());
  EXPECT_EQ(ask(old), 200) << "older, and alone at its address";
}

TEST_F(FullOfStrangers, no_address_counts_while_there_is_room) {
  serve(limits(20));
  std::vector<RawConnection> behind_one_proxy;
  for (int i = 0; i < 20; ++i) behind_one_proxy.push_back(connect_from("127.0.0.2"));
  for (auto& client : behind_one_proxy) EXPECT_EQ(ask(client), 200);
  EXPECT_EQ(server_->totals().refused_connections, 0u);
}

TEST_F(FullOfStrangers, an_address_that_holds_most_places_gives_an_idle_one_to_another) {
  serve(limits(4));
  std::vector<RawConnection> known;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(ask(known.emplace_back(connect_from("127.0.0.2"))), 200);
  auto same = connect_from("127.0.0.2");
  EXPECT_EQ(ask(same), 503) << "it is told to wait: the others at its address are known";
  auto other = connect_from("127.0.0.3");
  EXPECT_EQ(ask(other), 200);
  EXPECT_TRUE(known.front().at_end());
  EXPECT_EQ(ask(known.back()), 200);
}

TEST_F(FullOfStrangers, who_never_speaks_has_the_time_of_a_head) {
  ServerLimits set;
  set.head_timeout = 50ms;
  serve(set);
  auto silent = connect_from("127.0.0.1");
  EXPECT_TRUE(silent.at_end()) << "long before the two minutes of an idle connection";
  auto known = connect_from("127.0.0.1");
  EXPECT_EQ(ask(known), 200);
}

TEST_F(FullOfStrangers, behind_tls_they_give_way_as_well) {
  const TestCertificate authority("authority"), pair("server", &authority);
  testing::TempDir dir;
  const TlsFiles files{dir.file("cert.pem"), dir.file("key.pem")};
  std::ofstream(files.certificate) << pair.certificate();
  std::ofstream(files.key) << pair.key();
  ::chmod(files.key.c_str(), 0600);
  identity_ = TlsIdentity::load(files).value();
  DescriptorBudget budget(16);  // 12 for clients: four with their pairs
  auto set = limits(12'000);
  set.descriptors = &budget;
  serve(set);
  std::vector<std::unique_ptr<TlsClient>> silent;
  for (int i = 0; i < 4; ++i)
    silent.push_back(std::make_unique<TlsClient>(port_, authority, TlsClient::Options{}));
  int answered = 0;
  for (int i = 0; i < 8 && answered == 0; ++i) {  // its pair's places come free in a later turn
    TlsClient speaks(port_, authority, TlsClient::Options{});
    if (speaks && speaks.send(kAsk) && speaks.read_until("\r\n\r\n").find(" 200 ") != std::string::npos)
      ++answered;
  }
  EXPECT_EQ(answered, 1);
}

}  // namespace
}  // namespace wye::net
