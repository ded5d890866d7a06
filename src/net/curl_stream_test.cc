#include "net/curl_stream.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <fstream>
#include <thread>

#include "net/http_server.h"
#include "net/testing/test_certificate.h"
#include "net/tls/tls_identity.h"
#include "testing/scratch_dir.h"
#include "testing/scripted_peer.h"

namespace wye::net {
namespace {

using wye::testing::answer;
using wye::testing::Play;
using wye::testing::ScriptedPeer;

constexpr std::chrono::seconds kSoon{10};
constexpr std::size_t kMuch = 8u << 20;

// Runs one coroutine on a stream to that URL.
void with_stream(const std::string& url, const HttpClient::Options& options,
                 const std::function<Task<>(CurlStream&)>& body) {
  boost::asio::io_context io;
  auto connected = curl_connect(url, options, kSoon);
  ASSERT_TRUE(connected) << connected.error().message;
  CurlStream stream(io, std::move(*connected));
  boost::asio::co_spawn(io.get_executor(), body(stream), boost::asio::detached);
  io.run();
}

Task<> say_and_read_all(CurlStream& stream, std::string said, std::string& heard) {
  const auto sent = co_await stream.write(said);
  EXPECT_TRUE(sent);
  std::array<char, 4096> piece;
  for (;;) {
    const auto size = co_await stream.read_some(piece);
    EXPECT_TRUE(size);
    if (!size || *size == 0) break;
    heard.append(piece.data(), *size);
  }
}

TEST(CurlStream, carries_much_both_ways_and_sees_the_end) {
  const ScriptedPeer peer([](const auto& request) { return Play{.bytes = request.body}; });
  const std::string body(kMuch, 'x');
  const auto request =
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kMuch) + "\r\n\r\n" + body;
  std::string heard;
  with_stream(peer.origin(), {.proxy = ""},
              [&](CurlStream& stream) -> Task<> { return say_and_read_all(stream, request, heard); });
  EXPECT_EQ(heard.size(), kMuch);
  EXPECT_TRUE(heard == body);
}

TEST(CurlStream, closing_ends_a_read_that_waits) {
  ScriptedPeer peer([](const auto&) { return answer(200, ""); });
  boost::asio::io_context io;
  auto connected = curl_connect(peer.origin(), {.proxy = ""}, kSoon);
  ASSERT_TRUE(connected);
  CurlStream stream(io, std::move(*connected));
  bool ended = false;
  const auto read = [&]() -> Task<> {
    std::array<char, 16> piece;
    const auto size = co_await stream.read_some(piece);
    ended = !size;
  };
  boost::asio::co_spawn(io.get_executor(), read(), boost::asio::detached);
  io.poll();
  EXPECT_FALSE(ended);
  stream.close();
  io.restart();
  io.run();
  EXPECT_TRUE(ended);
  EXPECT_TRUE(peer.wait_for_ended(1)) << "the peer sees it at once";
}

TEST(CurlStream, a_proxy_makes_a_tunnel_and_reads_nothing) {
  const ScriptedPeer proxy([](const auto&) { return Play{.bytes = "HTTP/1.1 200 OK\r\n\r\nthrough"}; });
  std::string heard;
  with_stream("http://nowhere.example:7/", {.proxy = proxy.origin()},
              [&](CurlStream& stream) -> Task<> { return say_and_read_all(stream, "", heard); });
  ASSERT_EQ(proxy.count(), 1u);
  EXPECT_EQ(proxy.seen()[0].line, "CONNECT nowhere.example:7 HTTP/1.1");
  EXPECT_EQ(heard, "through");
}

TEST(CurlStream, errors_say_what_failed) {
  const auto code_of = [](const std::string& url) {
    const auto connected = curl_connect(url, {.proxy = ""}, kSoon);
    return connected ? "" : connected.error().code;
  };
  std::string gone;
  {
    const ScriptedPeer peer([](const auto&) { return answer(200, ""); });
    gone = peer.origin();
    EXPECT_EQ(code_of("ftp" + gone.substr(4)), "bad_answer");
  }
  EXPECT_EQ(code_of(gone), "connect_failed");
}

TEST(CurlStream, tls_is_verified_by_the_authorities_that_are_named) {
  const wye::testing::ScratchDir directory;
  const testing::TestCertificate authority("authority"), own("own", &authority);
  const TlsFiles files{directory.file("cert.pem"), directory.file("key.pem")};
  const auto ca_file = directory.file("ca.pem");
  std::ofstream(files.certificate) << own.certificate();
  std::ofstream(files.key) << own.key();
  std::ofstream(ca_file) << authority.certificate();
  ::chmod(files.key.c_str(), 0600);
  const auto identity = TlsIdentity::load(files).value();
  boost::asio::io_context io;
  HttpServer server(io, [](Exchange& exchange) -> Task<> {
    const auto stream = exchange.hijack();
    const std::string much(kMuch, 'x');
    (void)co_await stream->write(much);
    stream->shutdown_write();
  });
  server.use_tls(*identity);
  const auto url = "https://127.0.0.1:" + std::to_string(server.listen_tcp("127.0.0.1", 0).value()) + "/";
  std::thread serving([&] { io.run(); });

  const auto untrusted = curl_connect(url, {.proxy = ""}, kSoon);
  EXPECT_FALSE(untrusted);
  EXPECT_EQ(untrusted ? "" : untrusted.error().code, "tls_failed");
  std::string heard;
  with_stream(url, {.ca_file = ca_file, .proxy = ""}, [&](CurlStream& stream) -> Task<> {
    return say_and_read_all(stream, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", heard);
  });
  EXPECT_EQ(heard.size(), kMuch);
  boost::asio::post(io, [&] {
    server.close();
    io.stop();
  });
  serving.join();
}

}  // namespace
}  // namespace wye::net
