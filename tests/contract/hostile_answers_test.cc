// A server that lies about its answers: each lie ends in an error with a kind, or in the right value, and
// holds little memory.
#include <sys/resource.h>

#include "contract_fixture.h"
#include "wye/telemetry_stream.h"

namespace wye {
namespace {

using testing::PeerLine;
using testing::Play;
using testing::SeenRequest;

const std::string kOk = "HTTP/1.1 200 OK\r\n";
const std::string kChunked = "Transfer-Encoding: chunked\r\n\r\n";
const std::string kForged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";

// Sends the same bytes for as long as the client takes them.
Play endless(std::string head, std::string piece) {
  return {.bytes = std::move(head), .more = [piece = std::move(piece)](PeerLine& line) {
            while (line.send(piece)) {
            }
          }};
}

// Sends one byte at a time.
Play dripping(std::string head, std::string bytes) {
  return {.bytes = std::move(head), .more = [bytes = std::move(bytes)](PeerLine& line) {
            for (const char c : bytes) {
              if (!line.send({&c, 1})) return;
              std::this_thread::sleep_for(std::chrono::milliseconds(2));
            }
          }};
}

std::size_t peak_kb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss);
}

class HostileAnswers : public Contract {
 protected:
  void serve(Play play) {
    control_script_ = [play = std::move(play)](const SeenRequest&) { return play; };
  }
  Result<Response> ask() { return client().request({.path = "/profiles"}); }
  void expect_error(Play play, const std::string& what, ErrorKind kind = ErrorKind::disconnected) {
    serve(std::move(play));
    const auto reply = ask();
    ASSERT_FALSE(reply) << what << ": " << reply->status << " " << reply->body.substr(0, 100);
    EXPECT_EQ(reply.error().kind, kind) << what << ": " << reply.error().code;
    EXPECT_FALSE(reply.error().code.empty()) << what;
    EXPECT_LT(reply.error().message.size(), 4096u) << what;
  }
};

TEST_F(HostileAnswers, endless_heads_are_errors) {
  expect_error(endless(kOk, "X-A: " + std::string(100, 'a') + "\r\n"), "fields");
  expect_error(endless(kOk + "X-A: ", std::string(1000, 'a')), "a value");
  expect_error(endless("", std::string(1000, 'a')), "a first line");
  expect_error(endless("HTTP/1.1 ", std::string(1000, '2')), "a status");
  expect_error(endless("", "HTTP/1.1 100 Continue\r\n\r\n"), "interim answers");
  expect_error(endless("", "HTTP/1.1 103 x\r\nLink: " + std::string(900, 'a') + "\r\n\r\n"), "early hints");
  expect_error(endless(kOk + kChunked + "0\r\n", "X-A: b\r\n"), "trailers");
}

TEST_F(HostileAnswers, what_drips_ends_at_the_deadline) {
  options_.timeout = std::chrono::milliseconds(100);
  const std::string much(100'000, 'a');
  expect_error(dripping("", kOk + "X-A: " + much), "a head", ErrorKind::timed_out);
  expect_error(dripping(kOk + "Content-Length: 100000\r\n\r\n", much), "a body", ErrorKind::timed_out);
  expect_error(dripping(kOk + kChunked, "5;" + much), "a chunk", ErrorKind::timed_out);
  expect_error(endless(kOk + kChunked + "5;", std::string(1000, 'e')), "an endless extension",
               ErrorKind::timed_out);
  expect_error({.bytes = kOk, .keep_open = true}, "half a head", ErrorKind::timed_out);
  expect_error({.bytes = "", .keep_open = true}, "silence", ErrorKind::timed_out);
}

TEST_F(HostileAnswers, chunks_that_are_none_are_errors) {
  for (const std::string& body : std::vector<std::string>{
           "xyz\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n", "fffffffffffffffff\r\nhello",
           "5\r\nhelloX\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n", "7fffffffffffffff\r\nhello", "5\r\nhel"})
    expect_error({kOk + kChunked + body}, body);
}

TEST_F(HostileAnswers, lengths_that_lie_never_mix_two_answers) {
  options_.timeout = std::chrono::milliseconds(500);  // a length may announce bytes that never come
  const std::string rows[] = {
      kOk + "Content-Length: 5\r\n\r\nhello" + kForged,
      kOk + "Content-Length: 0\r\n\r\n" + kForged,
      "HTTP/1.1 204 x\r\n\r\n" + kForged,
      "HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\nhello" + kForged,
      "HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n" + kForged,
      kOk + kChunked + "5\r\nhello\r\n0\r\n\r\n" + kForged,
      kOk + "Content-Length: 5\r\n" + kChunked + "5\r\nhello\r\n0\r\n\r\n" + kForged,
      kOk + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello" + kForged,
      kOk + "Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello" + kForged,
      kOk + "Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello" + kForged,
      kOk + "Content-Length: +5\r\n\r\nhello" + kForged,
      kOk + "Content-Length: 5, 5\r\n\r\nhello" + kForged,
      kOk + "Content-Length: -1\r\n\r\nhello" + kForged,
      kOk + "Content-Length: 99999999999999999999\r\n\r\nhello" + kForged,
      kOk + "Content-Length: 5 5\r\n\r\nhello" + kForged,
  };
  for (const auto& row : rows) {
    std::atomic<bool> lied = false;
    control_script_ = [&](const SeenRequest&) {
      return lied.exchange(true) ? testing::answer(200, "honest") : Play{.bytes = row, .keep_alive = true};
    };
    const auto first = ask();
    if (first) {
      EXPECT_NE(first->body, "forged") << row;
    }
    const auto next = ask();
    if (next) {
      EXPECT_EQ(next->body, "honest") << row << next->status;
    }
    const auto last = ask();
    ASSERT_TRUE(last) << row;
    EXPECT_EQ(last->body, "honest") << row;
  }
}

TEST_F(HostileAnswers, an_answer_that_is_no_answer_is_an_error) {
  for (const std::string& bytes : std::vector<std::string>{
           "", "x", "HTTP/1.1\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "SSH-2.0-x\r\n",
           "<html></html>", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 000 x\r\n\r\n"})
    expect_error({bytes}, bytes);
  // 101 is no answer to a request that asked for no upgrade.
  serve({"HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n" + kForged});
  const auto reply = ask();
  if (reply) {
    EXPECT_NE(reply->body, "forged");
  }
}

TEST_F(HostileAnswers, a_body_without_end_is_an_error_and_a_stream_of_it_holds_little) {
  serve(endless(kOk + "\r\n", std::string(1 << 16, 'a')));
  const auto before = peak_kb();
  auto stream = client().open({.path = "/profiles"});
  ASSERT_TRUE(stream);
  std::vector<char> piece(1 << 16);
  for (std::size_t read = 0; read < (64u << 20);) read += stream->read(piece).value();
  EXPECT_LT(peak_kb() - before, 64u << 10);
}

TEST_F(HostileAnswers, what_the_server_asks_for_in_time_is_bounded) {
  options_.max_retries = 2;
  options_.timeout = std::chrono::milliseconds(500);
  for (const std::string& wait :
       std::vector<std::string>{"99999999999999999999999", "9223372036854775807", "-1", "1e9", "0x10", "",
                                "Fri, 31 Dec 9999 23:59:59 GMT", "3600"}) {
    serve(testing::answer(503, "{}", "Retry-After: " + wait + "\r\n"));
    const auto began = std::chrono::steady_clock::now();
    const auto reply = ask();
    if (reply) {
      EXPECT_EQ(reply->status, 503) << wait;
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(3)) << wait;
  }
}

TEST_F(HostileAnswers, redirects_lead_to_no_other_scheme_and_no_hidden_host) {
  for (const std::string& location :
       std::vector<std::string>{"file:///etc/passwd", "ftp://x/", "javascript:alert(1)", "gopher://x/",
                                "http://user:pw@127.0.0.1/", control_.origin() + ".evil.example/",
                                "https://127.0.0.1:443.evil.example/", "http://", "//", "http://[::1",
                                "\\\\evil\\x", "data:text/plain,x"}) {
    serve(testing::answer(302, "here", "Location: " + location + "\r\n"));
    const auto before = control_.count();
    const auto reply = client().request({.path = "/profiles"});
    ASSERT_TRUE(reply) << location << reply.error().message;
    EXPECT_EQ(reply->status, 302) << location;
    EXPECT_LE(control_.count(), before + 11) << location;
  }
}

// zeros, as gzip: one fixed Huffman block of "a zero, and then 258 more" over and over.
std::string bomb(std::size_t zeros) {
  std::string out("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  std::uint32_t bits = 0;
  int count = 0;
  const auto put = [&](std::uint32_t value, int width) {
    bits |= value << count;
    for (count += width; count >= 8; count -= 8, bits >>= 8) out += static_cast<char>(bits & 0xff);
  };
  const auto put_code = [&](std::uint32_t code, int width) {  // Huffman codes begin with their highest bit
    for (int i = width - 1; i >= 0; --i) put(code >> i & 1, 1);
  };
  put(1, 1), put(1, 2);
  put_code(0x30, 8);  // a literal zero
  for (std::size_t done = 1; done < zeros; done += 258) put_code(0xc5, 8), put_code(0, 5);
  put_code(0, 7), put(0, 7);
  return out + std::string(8, '\0');
}

TEST_F(HostileAnswers, compressed_bombs_hold_little_and_end_in_an_error) {
  const auto body = bomb(300u << 20);
  ASSERT_LT(body.size(), 3u << 20);
  serve(
      {kOk + "Content-Encoding: gzip\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body});
  const auto before = peak_kb();
  auto stream = client().open({.path = "/profiles"});
  ASSERT_TRUE(stream);
  std::vector<char> piece(1 << 16);
  for (std::size_t read = 0; read < (64u << 20);) read += stream->read(piece).value();
  EXPECT_LT(peak_kb() - before, 64u << 10) << "a piece of the wire is decoded whole, no more";
  const auto whole = ask();
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code, "answer_too_large");
}

TEST_F(HostileAnswers, a_coding_that_is_broken_or_unknown_is_an_error) {
  const auto good = bomb(1000);
  const auto as = [](const std::string& coding, const std::string& body) {
    return Play{kOk + "Content-Encoding: " + coding + "\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body};
  };
  expect_error(as("gzip", "not gzip at all"), "no gzip");
  expect_error(as("bogus", "x"), "unknown");
  expect_error(as("gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip", good), "many layers");
  expect_error(as("gzip", std::string(good).replace(12, 1, "\xff")), "broken");
}

}  // namespace
}  // namespace wye
