#include "net/head_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "net/chunked_decoder.h"

namespace wye::net {
namespace {

constexpr std::string_view kHost = "Host: a\r\n";

std::string get(std::string_view fields) {
  return "GET /x HTTP/1.1\r\n" + std::string(kHost) + std::string(fields) + "\r\n";
}

HeadFault parse(std::string_view head) {
  static HeadView view;
  const auto end = find_head_end(head);
  if (end.fault != HeadFault::none) return end.fault;
  return parse_request_head(head.substr(0, end.size), view);
}

TEST(RequestHead, is_taken_apart_in_place) {
  HeadView view;
  const std::string head =
      "POST /a%2Fb?c=d HTTP/1.1\r\nhost:  example \r\nX-A: \r\nContent-Length: 12\r\n\r\n";
  ASSERT_EQ(parse_request_head(head, view), HeadFault::none);
  EXPECT_EQ(view.method, "POST");
  EXPECT_EQ(view.target, "/a%2Fb?c=d");
  EXPECT_EQ(view.get(FieldId::host), "example");
  ASSERT_EQ(view.fields().size(), 3U);
  EXPECT_EQ(view.fields()[1].value, "");
  EXPECT_EQ(view.framing, Framing::length);
  EXPECT_EQ(view.content_length, 12U);
  EXPECT_TRUE(view.keep_alive);
}

TEST(RequestHead, smuggling_shapes_and_nonsense_are_refused) {
  struct Row {
    const char* what;
    std::string head;
    HeadFault fault;
  };
  const std::string nul(1, '\0');
  const Row rows[] = {
      {"two equal lengths", get("Content-Length: 3\r\nContent-Length: 3\r\n"), HeadFault::malformed},
      {"two lengths", get("Content-Length: 3\r\nContent-Length: 4\r\n"), HeadFault::malformed},
      {"a list of lengths", get("Content-Length: 3, 3\r\n"), HeadFault::malformed},
      {"a signed length", get("Content-Length: +3\r\n"), HeadFault::malformed},
      {"a hexadecimal length", get("Content-Length: 0x3\r\n"), HeadFault::malformed},
      {"an empty length", get("Content-Length: \r\n"), HeadFault::malformed},
      {"a length of 19 digits", get("Content-Length: 1000000000000000000\r\n"), HeadFault::malformed},
      {"length and coding", get("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), HeadFault::malformed},
      {"coding and length", get("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), HeadFault::malformed},
      {"two codings", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
       HeadFault::malformed},
      {"another coding", get("Transfer-Encoding: gzip, chunked\r\n"), HeadFault::unsupported_coding},
      {"a coding that only looks like chunked", get("Transfer-Encoding: xchunked\r\n"),
       HeadFault::unsupported_coding},
      {"a coding in quotes", get("Transfer-Encoding: \"chunked\"\r\n"), HeadFault::unsupported_coding},
      {"an empty coding", get("Transfer-Encoding:\r\n"), HeadFault::unsupported_coding},
      {"a coding in HTTP/1.0", "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", HeadFault::malformed},
      {"vertical tab before the coding", get("Transfer-Encoding: \vchunked\r\n"), HeadFault::malformed},
      {"a folded line", get("X-A: b\r\n c\r\n"), HeadFault::malformed},
      {"a folded first line", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", HeadFault::malformed},
      {"white space before the colon", get("Content-Length : 3\r\n"), HeadFault::malformed},
      {"no colon", get("Content-Length\r\n"), HeadFault::malformed},
      {"no name", get(": x\r\n"), HeadFault::malformed},
      {"NUL in a value", get("X-A: b" + nul + "\r\n"), HeadFault::malformed},
      {"NUL in a name", get("X" + nul + "A: b\r\n"), HeadFault::malformed},
      {"NUL in the target", "GET /" + nul + " HTTP/1.1\r\nHost: a\r\n\r\n", HeadFault::malformed},
      {"CR alone in a value", get("X-A: b\rc\r\n"), HeadFault::malformed},
      {"LF alone", get("X-A: b\nX-B: c\r\n"), HeadFault::malformed},
      {"LF alone at the end", "GET / HTTP/1.1\r\nHost: a\n\n", HeadFault::malformed},
      {"DEL in a value", get("X-A: \x7f\r\n"), HeadFault::malformed},
      {"no host", "GET / HTTP/1.1\r\nX-A: b\r\n\r\n", HeadFault::malformed},
      {"two hosts", get("Host: b\r\n"), HeadFault::malformed},
      {"an empty line first", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", HeadFault::malformed},
      {"no version", "GET /\r\nHost: a\r\n\r\n", HeadFault::malformed},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", HeadFault::malformed},
      {"a space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", HeadFault::malformed},
      {"a tab in the target", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", HeadFault::malformed},
      {"a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", HeadFault::malformed},
      {"raw UTF-8 in the target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", HeadFault::malformed},
      {"a relative target", "GET x HTTP/1.1\r\nHost: a\r\n\r\n", HeadFault::malformed},
      {"CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", HeadFault::malformed},
      {"an asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", HeadFault::malformed},
      {"a bad method", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", HeadFault::malformed},
      {"a lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", HeadFault::malformed},
      {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", HeadFault::unsupported_version},
      {"HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", HeadFault::malformed},
      {"another expectation", get("Expect: 200-ok\r\n"), HeadFault::unknown_expectation},
      {"two upgrades", get("Upgrade: websocket\r\nUpgrade: h2c\r\n"), HeadFault::malformed},
  };
  for (const auto& row : rows) EXPECT_EQ(parse(row.head), row.fault) << row.what;
}

TEST(RequestHead, what_is_allowed_is_understood) {
  HeadView view;
  ASSERT_EQ(parse_request_head("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", view),
            HeadFault::none);
  EXPECT_EQ(view.framing, Framing::chunked);
  ASSERT_EQ(parse_request_head("GET / HTTP/1.0\r\n\r\n", view), HeadFault::none);
  EXPECT_FALSE(view.keep_alive);
  ASSERT_EQ(parse_request_head("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", view),
            HeadFault::none);
  EXPECT_FALSE(view.keep_alive);
  ASSERT_EQ(parse_request_head("GET http://h:1/p?q HTTP/1.1\r\nHost: a\r\n\r\n", view), HeadFault::none);
  EXPECT_EQ(view.target, "/p?q");
  ASSERT_EQ(parse_request_head("GET http://h HTTP/1.1\r\nHost: a\r\n\r\n", view), HeadFault::none);
  EXPECT_EQ(view.target, "/");
  ASSERT_EQ(parse_request_head("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", view), HeadFault::none);
  ASSERT_EQ(
      parse_request_head(
          "GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n", view),
      HeadFault::none);
  EXPECT_EQ(view.upgrade, "websocket");
  ASSERT_EQ(parse_request_head("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", view),
            HeadFault::none);
  EXPECT_EQ(view.upgrade, "") << "an upgrade that Connection does not name is not one";
}

TEST(RequestHead, an_upgrade_with_a_body_or_in_http_1_0_is_ignored) {
  HeadView view;
  const std::string fields = "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
  for (const auto& head : {"POST / HTTP/1.1\r\n" + fields + "Content-Length: 1\r\n\r\n",
                           "POST / HTTP/1.1\r\n" + fields + "Transfer-Encoding: chunked\r\n\r\n",
                           "GET / HTTP/1.0\r\n" + fields + "\r\n"}) {
    ASSERT_EQ(parse_request_head(head, view), HeadFault::none) << head;
    EXPECT_EQ(view.upgrade, "") << head;
  }
}

TEST(RequestHead, a_host_is_a_host) {
  HeadView view;
  for (const std::string host : {"", "a", "a.b-c_d:80", "[::1]:80", "127.0.0.1"})
    EXPECT_EQ(parse_request_head("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n", view), HeadFault::none)
        << host;
  for (const std::string host : {"a b", "a/b", "u@a", "a,b", "a?b", "a#b", "a\\b", "<a>", "\"a\""})
    EXPECT_EQ(parse_request_head("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n", view), HeadFault::malformed)
        << host;
}

TEST(RequestHead, more_fields_than_the_limit_are_refused) {
  std::string fields;
  for (std::size_t i = 1; i < kMaxHeadFields; ++i) fields += "X-A: b\r\n";
  EXPECT_EQ(parse(get(fields)), HeadFault::none);
  EXPECT_EQ(parse(get(fields + "X-A: b\r\n")), HeadFault::too_large);
}

TEST(RequestHead, the_end_is_found_at_every_split) {
  const std::string head = get("X-A: b\r\n");
  for (std::size_t split = 0; split < head.size(); ++split) {
    ASSERT_EQ(find_head_end(std::string_view(head).substr(0, split)).fault, HeadFault::incomplete) << split;
    const auto end = find_head_end(head + "GET", split);
    ASSERT_EQ(end.fault, HeadFault::none) << split;
    ASSERT_EQ(end.size, head.size()) << split;
  }
}

TEST(ResponseHead, framing_follows_status_method_and_fields) {
  struct Row {
    std::string head;
    bool to_head;
    HeadFault fault;
    Framing framing;
  };
  const Row rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false, HeadFault::none, Framing::length},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, HeadFault::none, Framing::none},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, HeadFault::none, Framing::none},
      {"HTTP/1.1 200 OK\r\n\r\n", false, HeadFault::none, Framing::until_close},
      {"HTTP/1.1 200\r\n\r\n", false, HeadFault::none, Framing::until_close},
      {"HTTP/1.1 204 No Content\r\n\r\n", false, HeadFault::none, Framing::none},
      {"HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n", false, HeadFault::none, Framing::none},
      {"HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", false, HeadFault::none,
       Framing::none},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, HeadFault::none, Framing::chunked},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", false,
       HeadFault::malformed, Framing::none},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", false, HeadFault::malformed,
       Framing::none},
      {"HTTP/1.1 20 OK\r\n\r\n", false, HeadFault::malformed, Framing::none},
      {"HTTP/1.1 2000 OK\r\n\r\n", false, HeadFault::malformed, Framing::none},
      {"HTTP/1.1 099 OK\r\n\r\n", false, HeadFault::malformed, Framing::none},
      {"HTTP/1.1 200 O\rK\r\n\r\n", false, HeadFault::malformed, Framing::none},
      {"HTTX/1.1 200 OK\r\n\r\n", false, HeadFault::malformed, Framing::none},
  };
  HeadView view;
  for (const auto& row : rows) {
    EXPECT_EQ(parse_response_head(row.head, row.to_head, view), row.fault) << row.head;
    if (row.fault == HeadFault::none) {
      EXPECT_EQ(view.framing, row.framing) << row.head;
    }
  }
}

std::string decode(ChunkedDecoder& decoder, std::string_view in, std::size_t step_bytes,
                   std::size_t* consumed = nullptr) {
  std::string out;
  std::size_t at = 0;
  while (at < in.size() && !decoder.done() && !decoder.failed()) {
    const auto step = decoder.next(in.substr(at, step_bytes));
    out += step.data;
    at += step.consumed;
  }
  if (consumed != nullptr) *consumed = at;
  return out;
}

TEST(Chunked, is_decoded_at_every_split_and_stops_at_its_end) {
  const std::string body = "3;a=\"b\"\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-T: v\r\n\r\n";
  for (std::size_t step = 1; step <= body.size() + 8; ++step) {
    ChunkedDecoder decoder;
    std::size_t consumed = 0;
    EXPECT_EQ(decode(decoder, body + "GET /next", step, &consumed), "abc0123456789") << step;
    EXPECT_TRUE(decoder.done()) << step;
    EXPECT_EQ(consumed, body.size()) << step;
  }
}

TEST(Chunked, what_is_not_strictly_chunked_fails) {
  const std::string rows[] = {"\r\n",
                              "g\r\n",
                              "3\nabc",
                              "3 \r\nabc\r\n",
                              "-1\r\n",
                              "0x3\r\nabc\r\n",
                              "3\r\nabcd\r\n",
                              "3\r\nabc\n",
                              "3\r\nabc0\r\n\r\n",
                              "1000000000000000\r\n",
                              "3;a\nb\r\nabc\r\n",
                              "0\r\nX: a\nb\r\n\r\n",
                              "3;" + std::string(300, 'x') + "\r\n",
                              "0\r\n" + std::string(5000, 'x')};
  for (const auto& row : rows) {
    ChunkedDecoder decoder;
    decode(decoder, row, 7);
    EXPECT_TRUE(decoder.failed()) << row.substr(0, 40);
  }
}

}  // namespace
}  // namespace wye::net
