#include "net/http_client.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "testing/chaos_gate.h"
#include "testing/loopback.h"
#include "testing/scripted_peer.h"

namespace wye::net {
namespace {

using namespace std::chrono_literals;
using wye::testing::answer;
using wye::testing::ChangingScript;
using wye::testing::ChaosGate;
using wye::testing::Fault;
using wye::testing::kept;
using wye::testing::PeerLine;
using wye::testing::Play;
using wye::testing::ScriptedPeer;
using wye::testing::SeenRequest;

class HttpClientTest : public ::testing::Test {
 protected:
  WireRequest to(const std::string& path, std::string method = "GET") {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    return {.method = std::move(method),
            .url = peer_.origin() + path,
            .deadline = deadline,
            .body_deadline = deadline};
  }
  static Result<std::string> read_all(WireResponse& response) {
    std::string out;
    char piece[4096];
    for (;;) {
      const auto got = response.read(piece);
      if (!got) return got.error();
      if (*got == 0) return out;
      out.append(piece, *got);
    }
  }
  Result<std::string> body_of(const WireRequest& request) {
    auto response = http_.send(request);
    if (!response) return response.error();
    return read_all(**response);
  }

  ChangingScript script_ = [](const SeenRequest&) { return kept(200, "{}"); };
  ScriptedPeer peer_{[this](const auto& request) { return script_(request); }};
  HttpClient http_;
};

TEST_F(HttpClientTest, connections_are_kept_and_used_again) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(body_of(to("/")).value(), "{}");
  EXPECT_EQ(peer_.connections(), 1);
}

// libcurl would send it again, finds nobody, and says that it could not connect.
TEST_F(HttpClientTest, what_was_sent_before_nobody_was_there_any_more_is_told_as_sent) {
  auto listener = wye::testing::listen_on_loopback();
  std::thread server([&] {
    const UniqueFd client(::accept(listener.fd.get(), nullptr, nullptr));
    char piece[4096];
    EXPECT_GT(::recv(client.get(), piece, sizeof piece, 0), 0);
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    EXPECT_GT(::recv(client.get(), piece, sizeof piece, 0), 0);
    listener.fd.reset();
  });
  auto request = to("/", "POST");
  request.url = "http://127.0.0.1:" + std::to_string(listener.port) + "/";
  EXPECT_EQ(body_of(request).value(), "{}");
  const auto second = http_.send(request);
  server.join();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, "kept_connection_closed");
}

TEST_F(HttpClientTest, what_fails_on_a_kept_connection_is_not_sent_again) {
  for (const std::string method : {"GET", "POST"}) {
    HttpClient http;
    script_ = [](const SeenRequest&) { return kept(200, "{}"); };
    {
      auto first = http.send(to("/first", method));
      ASSERT_TRUE(first);
      ASSERT_TRUE(read_all(**first));
    }
    script_ = [](const SeenRequest&) { return Play{}; };  // read, then closed without an answer
    const auto before = peer_.count();
    const auto second = http.send(to("/second", method));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, "kept_connection_closed");
    EXPECT_EQ(second.error().kind, ErrorKind::disconnected);
    EXPECT_EQ(peer_.count(), before + 1) << method;
  }
}

TEST_F(HttpClientTest, paths_are_sent_byte_for_byte_and_fragments_are_not) {
  ASSERT_TRUE(body_of(to("/a/../%2F/./b%7E+?x=%20&y#f")));
  EXPECT_EQ(peer_.last_seen().line, "GET /a/../%2F/./b%7E+?x=%20&y HTTP/1.1");
}

TEST_F(HttpClientTest, nothing_is_sent_that_was_not_asked_for) {
  auto request = to("/", "POST");
  request.decode = false;
  ASSERT_TRUE(body_of(request));
  EXPECT_EQ(peer_.last_seen().head, "POST / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(peer_.port()) +
                                        "\r\nContent-Length: 0\r\n");
}

TEST_F(HttpClientTest, empty_and_blank_header_values_are_sent) {
  auto request = to("/");
  request.headers = {{"X-Empty", ""}, {"X-Blank", "  "}, {"X-Colon", "a: b"}};
  ASSERT_TRUE(body_of(request));
  const auto head = peer_.last_seen().head;
  EXPECT_NE(head.find("X-Empty:\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("X-Blank:\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("X-Colon: a: b\r\n"), std::string::npos) << head;
}

TEST_F(HttpClientTest, bodies_of_every_size_and_method_arrive_whole) {
  for (const std::string method : {"POST", "PUT", "PATCH", "DELETE", "GET"})
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{65536}, std::size_t{65537}, std::size_t{3'000'000}}) {
      std::string body(size, '\0');
      for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 31);
      auto request = to("/", method);
      request.body = body;
      ASSERT_TRUE(body_of(request));
      const auto seen = peer_.last_seen();
      EXPECT_EQ(seen.line, method + " / HTTP/1.1");
      EXPECT_TRUE(seen.body == body) << method << " " << size;
    }
}

TEST_F(HttpClientTest, a_streamed_body_is_chunked_and_its_error_is_the_result) {
  auto request = to("/", "PUT");
  int calls = 0;
  request.body_stream = [&](std::span<char> out) -> Result<std::size_t> {
    if (++calls > 3) return std::size_t{0};
    out[0] = static_cast<char>('0' + calls);
    return std::size_t{1};
  };
  ASSERT_TRUE(body_of(request));
  EXPECT_NE(peer_.last_seen().head.find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_EQ(peer_.last_seen().body, "1\r\n1\r\n1\r\n2\r\n1\r\n3\r\n0\r\n\r\n");
  request.body_stream = [](std::span<char>) -> Result<std::size_t> {
    return Error{.kind = ErrorKind::internal, .code = "no_more_tape"};
  };
  EXPECT_EQ(body_of(request).error().code, "no_more_tape");
}

TEST_F(HttpClientTest, a_large_body_may_go_when_the_head_is_there) {
  script_ = [](const SeenRequest&) { return Play{}; };
  // The peer answers at the head and reads the body only afterwards.
  const auto listener = wye::testing::listen_on_loopback();
  std::promise<std::size_t> received;
  std::thread early([&] {
    UniqueFd client(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::string in;
    char piece[65536];
    const auto more = [&] {
      const auto got = ::recv(client.get(), piece, sizeof piece, 0);
      if (got > 0) in.append(piece, static_cast<std::size_t>(got));
      return got > 0;
    };
    while (in.find("\r\n\r\n") == std::string::npos && more()) {
    }
    wye::testing::send_all(client.get(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no");
    const auto body_at = in.find("\r\n\r\n") + 4;
    while (in.size() - body_at < 8'000'000 && more()) {
    }
    received.set_value(in.size() - body_at);
    wye::testing::send_all(client.get(), "k");
  });
  std::unique_ptr<WireResponse> response;
  {
    const std::string body(8'000'000, 'x');
    auto request = to("/", "PUT");
    request.url = "http://127.0.0.1:" + std::to_string(listener.port) + "/";
    request.body = body;
    response = http_.send(request).value();
  }
  EXPECT_EQ(read_all(*response).value(), "ok");
  EXPECT_EQ(received.get_future().get(), 8'000'000u);
  early.join();
}

TEST_F(HttpClientTest, gzip_is_asked_for_and_decoded_unless_the_caller_speaks_for_itself) {
  // `hello` as gzip -n writes it.
  const std::string packed("\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9\x07\0\x86\xa6\x10\x36\x05\0\0\0",
                           25);
  script_ = [&](const SeenRequest&) { return kept(200, packed, "Content-Encoding: gzip\r\n"); };
  EXPECT_EQ(body_of(to("/")).value(), "hello");
  EXPECT_NE(peer_.last_seen().head.find("Accept-Encoding: gzip, deflate\r\n"), std::string::npos);
  auto own = to("/");
  own.headers = {{"accept-encoding", "br"}};
  EXPECT_EQ(body_of(own).value(), packed);
  script_ = [](const SeenRequest&) { return kept(200, "not gzip", "Content-Encoding: gzip\r\n"); };
  EXPECT_EQ(body_of(to("/")).error().code, "bad_answer");
}

TEST_F(HttpClientTest, a_reader_that_does_not_read_holds_little_and_loses_nothing) {
  const std::string body(5'000'000, 'y');
  script_ = [&](const SeenRequest&) { return answer(200, body); };
  auto response = http_.send(to("/")).value();
  char one[1];
  std::size_t total = 0;
  for (; total < 10; ++total) ASSERT_EQ(response->read(one).value(), 1u);
  EXPECT_EQ(read_all(*response).value().size() + total, body.size());
}

TEST_F(HttpClientTest, dropping_an_answer_closes_its_connection) {
  script_ = [](const SeenRequest&) {
    return Play{.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
                .keep_open = true};
  };
  auto response = http_.send(to("/")).value();
  char piece[16];
  EXPECT_EQ(response->read(piece).value(), 1u);
  response.reset();
  EXPECT_TRUE(peer_.wait_for_ended(1));
}

TEST_F(HttpClientTest, a_stop_while_waiting_for_the_head_or_the_body_ends_the_call_and_the_connection) {
  std::promise<void> asked;
  script_ = [&](const SeenRequest&) {
    return Play{.keep_open = true, .more = [&](PeerLine&) { asked.set_value(); }};
  };
  std::stop_source stop;
  std::thread stopper([&] {
    asked.get_future().wait();
    stop.request_stop();
  });
  auto request = to("/");
  request.stop = stop.get_token();
  EXPECT_EQ(http_.send(request).error().kind, ErrorKind::cancelled);
  stopper.join();
  EXPECT_TRUE(peer_.wait_for_ended(1));

  script_ = [&](const SeenRequest&) {
    return Play{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", .keep_open = true};
  };
  std::stop_source second;
  request.stop = second.get_token();
  const auto response = http_.send(request).value();
  second.request_stop();
  char piece[16];
  EXPECT_EQ(response->read(piece).error().kind, ErrorKind::cancelled);
  EXPECT_TRUE(peer_.wait_for_ended(2)) << "closed although the answer is still held";
  EXPECT_EQ(response->read(piece).error().kind, ErrorKind::cancelled) << "and stays so";
}

TEST_F(HttpClientTest, deadlines_of_head_and_body_are_two) {
  script_ = [](const SeenRequest&) { return Play{.keep_open = true}; };
  auto request = to("/");
  request.deadline = std::chrono::steady_clock::now() + 30ms;
  EXPECT_EQ(http_.send(request).error().kind, ErrorKind::timed_out);
  script_ = [](const SeenRequest&) {
    return Play{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", .keep_open = true};
  };
  const auto response = http_.send(to("/")).value();
  response->set_body_deadline(std::chrono::steady_clock::now() + 30ms);
  EXPECT_EQ(read_all(*response).error().kind, ErrorKind::timed_out);
}

TEST_F(HttpClientTest, answers_that_end_too_early_or_are_none_are_errors) {
  struct Case {
    const char* bytes;
    const char* code;
  };
  for (const auto& [bytes, code] : {
           Case{"", "connection_failed"},
           Case{"HTTP/1.1 200 OK\r\nA: 1\r\n", "connection_failed"},
           Case{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "body_cut"},
           Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "body_cut"},
           Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "body_cut"},
           Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", "body_cut"},
           Case{"SSH-2.0-OpenSSH_9.2\r\n", "bad_answer"},
           Case{"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "bad_answer"},
       }) {
    script_ = [bytes = std::string(bytes)](const SeenRequest&) { return Play{.bytes = bytes}; };
    const auto body = body_of(to("/"));
    ASSERT_FALSE(body) << bytes;
    EXPECT_EQ(body.error().kind, ErrorKind::disconnected) << bytes;
    EXPECT_EQ(body.error().code, code) << bytes;
  }
}

TEST_F(HttpClientTest, a_length_that_promises_less_is_where_the_body_ends) {
  script_ = [](const SeenRequest&) {
    return Play{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 smuggled\r\n\r\n"};
  };
  EXPECT_EQ(body_of(to("/")).value(), "ok");
}

TEST_F(HttpClientTest, faults_of_a_real_connection_by_their_kind) {
  script_ = [](const SeenRequest&) { return answer(200, std::string(1000, 'z')); };
  ChaosGate gate(peer_.port());
  auto request = to("/");
  request.url = gate.origin() + "/";
  EXPECT_EQ(body_of(request).value().size(), 1000u);
  gate.inject({.piece = 1});
  EXPECT_EQ(body_of(request).value().size(), 1000u) << "byte by byte";
  gate.inject({.kind = Fault::Kind::refuse});
  EXPECT_EQ(body_of(request).error().kind, ErrorKind::disconnected);
  for (const auto kind : {Fault::Kind::cut, Fault::Kind::reset})
    for (const std::size_t after : {std::size_t{5}, std::size_t{500}}) {
      gate.inject({.kind = kind, .after = after});
      const auto body = body_of(request);
      ASSERT_FALSE(body);
      EXPECT_EQ(body.error().code, after == 5 ? "connection_failed" : "body_cut");
    }
  gate.inject({.kind = Fault::Kind::stall, .after = 500});
  request.body_deadline = std::chrono::steady_clock::now() + 30ms;
  EXPECT_EQ(body_of(request).error().kind, ErrorKind::timed_out);
}

TEST_F(HttpClientTest, what_must_not_be_sent_is_refused_before_anything_is) {
  const auto refuses = [&](WireRequest request) {
    const auto sent = http_.send(request);
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().kind, ErrorKind::invalid);
  };
  for (const auto& field : HeaderFields{{"X", "a\r\nY: b"},
                                        {"X", "a\nb"},
                                        {"X", "a\rb"},
                                        {"X", std::string("a\0b", 3)},
                                        {"X Y", "a"},
                                        {"X:", "a"},
                                        {"", "a"},
                                        {"X\r\nY", "a"},
                                        {"Content-Length", "7"},
                                        {"Transfer-Encoding", "chunked"}}) {
    auto request = to("/");
    request.headers = {field};
    refuses(request);
  }
  for (const auto* method : {"", "GET /", "G\r\nET", "CONNECT"}) refuses(to("/", method));
  for (const auto* path : {"/a b", "/a\r\nb", "/a\x01", "/\x7f"}) refuses(to(path));
  EXPECT_EQ(peer_.count(), 0u);
}

TEST_F(HttpClientTest, an_error_never_quotes_a_header_value) {
  auto request = to("/");
  request.headers = {{"Authorization", "Bearer sk_secret\r\n"}};
  EXPECT_EQ(http_.send(request).error().message.find("sk_secret"), std::string::npos);
}

TEST_F(HttpClientTest, nobody_listens) {
  auto request = to("/");
  {
    const auto listener = wye::testing::listen_on_loopback();
    request.url = "http://127.0.0.1:" + std::to_string(listener.port) + "/";
  }
  EXPECT_EQ(http_.send(request).error().code, "connect_failed");
}

TEST_F(HttpClientTest, many_threads_share_one_client) {
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 16; ++i)
    threads.emplace_back([&, i] {
      for (int j = 0; j < 10; ++j) good += body_of(to("/" + std::to_string(i))).has_value();
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 160);
  EXPECT_LE(peer_.connections(), 16);
}

}  // namespace
}  // namespace wye::net
