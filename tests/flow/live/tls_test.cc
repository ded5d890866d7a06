#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <fstream>

#include "net/testing/tls_client.h"
#include "serve_process.h"
#include "wye/client.h"

// `wye serve` over TLS with libwye, and an operator's changes to it.
namespace wye::live {
namespace {

using net::testing::RawConnection;
using net::testing::TestCertificate;
using net::testing::TlsClient;

class LiveTls : public ::testing::Test {
 protected:
  void write(const TestCertificate& certificate, const TestCertificate& key) {
    std::ofstream(cert_) << certificate.certificate();
    std::ofstream(key_) << key.key();
    ::chmod(key_.c_str(), 0600);
  }
  void serve() {
    write(first_, first_);
    std::ofstream(ca_) << authority_.certificate();
    server_ = std::make_unique<ServeProcess>(
        ServeProcess::Options{.extra_args = {"--tls-cert", cert_, "--tls-key", key_}});
  }
  [[nodiscard]] Client client(std::optional<std::string> ca_file) const {
    return Client({.api_key = server_->api_key(),
                   .base_url = server_->base_url(),
                   .ca_file = std::move(ca_file),
                   .max_retries = 0});
  }
  // Waits for a line in the log, since a signal is handled some time later.
  [[nodiscard]] bool said(const std::string& text) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (server_->output().find(text) == std::string::npos)
      if (std::chrono::steady_clock::now() > until) return false;
    return true;
  }

  net::testing::TempDir directory_;
  const std::string cert_ = directory_.file("cert.pem"), key_ = directory_.file("key.pem"),
                    ca_ = directory_.file("ca.pem");
  const TestCertificate authority_{"authority"}, first_{"first", &authority_}, second_{"second", &authority_};
  std::unique_ptr<ServeProcess> server_;
};

TEST_F(LiveTls, a_browser_lives_over_https_direct_and_by_the_fallback) {
  serve();
  ASSERT_TRUE(server_->base_url().starts_with("https://"));
  const auto program = client(ca_);
  const auto browser =
      program.browsers().create({.headless = true, .timeout_seconds = 300, .telemetry = {.enabled = true}});
  ASSERT_TRUE(browser) << browser.error().message;
  EXPECT_TRUE(browser->base_url->starts_with("https://")) << *browser->base_url;
  EXPECT_TRUE(browser->cdp_ws_url.starts_with("wss://")) << browser->cdp_ws_url;
  const Request events{.method = "GET", .path = "/browsers/" + browser->session_id + "/telemetry/events"};
  const auto direct = program.request(events);
  ASSERT_TRUE(direct) << direct.error().message;
  EXPECT_EQ(direct->status, 200);
  EXPECT_EQ(direct->route.via, Via::direct);

  auto stream = program.browsers().telemetry().stream(browser->session_id);
  ASSERT_TRUE(stream) << stream.error().message;
  ASSERT_TRUE(program.request({.method = "POST",
                               .path = events.path,
                               .headers = {{"Content-Type", "application/json"}},
                               .body = R"({"type":"made_by_test","category":"control","data":{}})"}));
  const auto next = stream->next();
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_TRUE(next->has_value());

  const auto stranger = client(ca_);
  ASSERT_TRUE(stranger.browsers().remove(browser->session_id));
  const auto past = program.request(events);
  ASSERT_TRUE(past) << past.error().message;
  EXPECT_EQ(past->status, 200);
  EXPECT_TRUE(past->route.fell_back);
}

TEST_F(LiveTls, a_server_of_an_unknown_authority_is_not_trusted) {
  serve();
  const auto refused = client("").request({.method = "GET", .path = "/browsers"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "tls_failed") << refused.error().message;
}

TEST_F(LiveTls, a_ca_file_that_cannot_be_read_is_said_at_once) {
  serve();
  try {
    (void)client("/nonexistent/ca.pem");
    FAIL() << "no error";
  } catch (const InvalidError& error) {
    EXPECT_NE(std::string(error.what()).find("/nonexistent/ca.pem"), std::string::npos);
  }
}

TEST_F(LiveTls, sighup_takes_a_new_pair_and_keeps_the_old_one_when_it_is_bad) {
  serve();
  TlsClient old(server_->port(), authority_);
  const auto asks = [](TlsClient& peer) {
    return peer.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") &&
           peer.read_until(R"({"status":"ok"})").starts_with("HTTP/1.1 200");
  };
  ASSERT_TRUE(asks(old));
  const auto reload = [this] { ::kill(server_->pid(), SIGHUP); };

  write(second_, first_);  // the key of another certificate
  reload();
  ASSERT_TRUE(said("tls_key_mismatch")) << server_->output();
  EXPECT_TRUE(TlsClient(server_->port(), authority_)) << "as before";

  const TestCertificate other("other authority"), fresh("fresh", &other);
  write(fresh, fresh);
  reload();
  ASSERT_TRUE(said("were read again")) << server_->output();
  EXPECT_FALSE(TlsClient(server_->port(), authority_));
  TlsClient trusting(server_->port(), other);
  EXPECT_TRUE(asks(trusting));
  EXPECT_TRUE(asks(old)) << "an open connection goes on";
}

TEST_F(LiveTls, what_cannot_be_served_with_ends_the_start_with_its_reason) {
  write(first_, second_);
  try {
    ServeProcess never({.extra_args = {"--tls-cert", cert_, "--tls-key", key_}});
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("tls_key_mismatch"), std::string::npos) << error.what();
  }
  try {
    ServeProcess never({.extra_args = {"--tls-cert", cert_}});
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("--tls-key"), std::string::npos) << error.what();
  }
}

// Slow-loris on TLS, at the whole server: as many unfinished handshakes as may come.
TEST_F(LiveTls, slow_handshakes_keep_nobody_out) {
  write(first_, first_);
  std::ofstream(ca_) << authority_.certificate();
  server_ = std::make_unique<ServeProcess>(
      ServeProcess::Options{.extra_args = {"--tls-cert", cert_, "--tls-key", key_, "--max-sessions", "1"},
                            .first = "ulimit -n 256"});
  std::vector<RawConnection> slow;
  for (int i = 0; i < 300; ++i) {
    slow.push_back(RawConnection::to_tcp(server_->port()));
    slow.back().send("\x16\x03\x01\x02");
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(9);  // before they time out
  bool served = false;
  while (!served && std::chrono::steady_clock::now() < until)
    served = client(ca_).request({.method = "GET", .path = "/healthz"}).has_value();
  EXPECT_TRUE(served);
}

}  // namespace
}  // namespace wye::live
