#include "net/request_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace wye::net {
namespace {

using Step = RequestReader::Step;

constexpr std::size_t kHeadBytes = 32 * 1024;

/// Bytes of a client, given to a reader in pieces of at most `cut`.
class Client {
 public:
  Client(std::string bytes, std::size_t cut) : bytes_(std::move(bytes)), cut_(cut) {}

  /// Reads until a head is there or refused; nothing when the client has no more.
  std::optional<Step> head(RequestReader& reader) {
    auto step = reader.buffered().empty() ? Step::more : reader.look();
    while (step == Step::more) {
      if (at_ == bytes_.size()) return std::nullopt;
      const auto room = reader.room();
      EXPECT_FALSE(room.empty());
      reader.took(give(room));
      step = reader.look();
    }
    return step;
  }
  std::size_t give(std::span<char> room) {
    const auto size = std::min({cut_, room.size(), bytes_.size() - at_});
    std::copy_n(bytes_.data() + at_, size, room.data());
    at_ += size;
    return size;
  }
  [[nodiscard]] bool ended() const { return at_ == bytes_.size(); }

 private:
  const std::string bytes_;
  const std::size_t cut_;
  std::size_t at_ = 0;
};

// Without framing, as handlers read it.
std::optional<std::string> payload(RequestReader& reader, Client& client, std::size_t at_a_time) {
  std::string out;
  std::vector<char> room(at_a_time);
  while (!reader.body_complete()) {
    auto size = reader.take_payload(room);
    if (size == 0 && !reader.body_complete() && !reader.body_failed()) {
      if (client.ended()) return std::nullopt;
      const auto got = client.give(room);
      size = reader.unframe(std::span(room).first(got));
    }
    out.append(room.data(), size);
    if (reader.body_failed()) return std::nullopt;
  }
  return out;
}

// In its framing, as the metro passes it on.
std::optional<std::string> framed(RequestReader& reader, Client& client, std::size_t at_a_time) {
  std::string out(reader.take_body());
  std::vector<char> room(at_a_time);
  while (!reader.body_complete() && !reader.body_failed()) {
    if (client.ended()) return std::nullopt;
    const auto got = client.give(room);
    out.append(room.data(), reader.came({room.data(), got}));
  }
  return reader.body_failed() ? std::nullopt : std::optional(out);
}

const std::string kThree =
    "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    "PUT /second HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3;x=1\r\nabc\r\n5\r\ndefgh\r\n0\r\nTrailer: x\r\n\r\n"
    "GET /third HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(RequestReader, three_requests_in_any_cut_are_the_same_three) {
  for (std::size_t cut = 1; cut <= kThree.size(); ++cut)
    for (const std::size_t at_a_time : {1u, 2u, 7u, 64u, 4096u}) {
      RequestReader reader(kHeadBytes);
      Client client(kThree, cut);
      std::vector<std::string> seen;
      while (client.head(reader) == Step::ready) {
        const auto target = std::string(reader.head().target);
        const auto body = payload(reader, client, at_a_time);
        ASSERT_TRUE(body) << cut << " " << at_a_time;
        EXPECT_EQ(reader.head().target, target) << "the head stays where it is";
        seen.push_back(target + "=" + *body);
        reader.settle();
        ASSERT_TRUE(reader.keep_alive());
        reader.next();
      }
      EXPECT_EQ(seen, (std::vector<std::string>{"/first=hello", "/second=abcdefgh", "/third="}))
          << cut << " " << at_a_time;
    }
}

TEST(RequestReader, bodies_in_their_framing_are_passed_on_byte_for_byte) {
  for (std::size_t cut = 1; cut <= kThree.size(); ++cut) {
    RequestReader reader(kHeadBytes);
    Client client(kThree, cut);
    std::string all;
    while (client.head(reader) == Step::ready) {
      const auto body = framed(reader, client, 64);
      ASSERT_TRUE(body) << cut;
      all += *body + "|";
      reader.settle();
      reader.next();
    }
    EXPECT_EQ(all, "hello|3;x=1\r\nabc\r\n5\r\ndefgh\r\n0\r\nTrailer: x\r\n\r\n||") << cut;
  }
}

TEST(RequestReader, a_head_at_the_limit_is_read_and_one_byte_more_is_refused) {
  for (const std::size_t limit : {200u, 4096u, 5000u, 32768u})
    for (const std::size_t beyond : {0u, 1u}) {
      std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
      head.append(limit + beyond - head.size() - 4, 'x').append("\r\n\r\n");
      for (const std::size_t cut : {1u, 1000u, 100'000u}) {
        RequestReader reader(limit);
        Client client(head, cut);
        EXPECT_EQ(client.head(reader), beyond == 0 ? Step::ready : Step::refused) << limit << " " << cut;
        EXPECT_EQ(reader.fault(), beyond == 0 ? HeadFault::none : HeadFault::too_large);
      }
    }
}

TEST(RequestReader, a_head_without_end_is_refused_at_the_limit) {
  RequestReader reader(kHeadBytes);
  Client client("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x'), 1000);
  EXPECT_EQ(client.head(reader), Step::refused);
  EXPECT_EQ(reader.fault(), HeadFault::too_large);
  EXPECT_LE(reader.buffered().size(), kHeadBytes);
}

TEST(RequestReader, what_is_refused_leaves_nothing_of_the_request_before) {
  RequestReader reader(kHeadBytes);
  Client client("HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/9.9\r\n\r\n", 1000);
  ASSERT_EQ(client.head(reader), Step::ready);
  reader.settle();
  reader.next();
  ASSERT_EQ(client.head(reader), Step::refused);
  EXPECT_EQ(reader.fault(), HeadFault::unsupported_version);
  EXPECT_EQ(reader.head().method, "") << "else its answer would have no body";
  EXPECT_EQ(reader.head().minor_version, 1);
  EXPECT_TRUE(reader.body_complete());
  EXPECT_FALSE(reader.keep_alive());
}

TEST(RequestReader, whether_another_request_may_follow) {
  struct Row {
    const char* what;
    std::string head;
    std::string body;  // of which this much has come
    bool kept;
  };
  const auto post = [](const std::string& fields) {
    return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  };
  for (const auto& row : std::vector<Row>{
           {"nothing left", post(""), "", true},
           {"a length that is all here", post("Content-Length: 2\r\n"), "ab", true},
           {"little left", post("Content-Length: 262144\r\n"), "", true},
           {"little left of much", post("Content-Length: 262145\r\n"), "a", true},
           {"much left", post("Content-Length: 262145\r\n"), "", false},
           {"very much left", post("Content-Length: 999999999999999999\r\n"), "", false},
           {"chunks that are all here", post("Transfer-Encoding: chunked\r\n"), "0\r\n\r\n", true},
           {"chunks left", post("Transfer-Encoding: chunked\r\n"), "1\r\na\r\n", false},
           {"chunks that are none", post("Transfer-Encoding: chunked\r\n"), "x", false},
           {"a 100 that was not sent", post("Content-Length: 2\r\nExpect: 100-continue\r\n"), "", false},
           {"asked to close", post("Connection: close\r\n"), "", false},
           {"HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", "", false},
           {"HTTP/1.0 that asks", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "", true},
       }) {
    RequestReader reader(kHeadBytes);
    Client client(row.head + row.body, 1 << 20);
    ASSERT_EQ(client.head(reader), Step::ready) << row.what;
    (void)reader.take_body();
    reader.settle();
    EXPECT_EQ(reader.keep_alive(), row.kept) << row.what;
  }
}

TEST(RequestReader, a_hundred_is_due_once_and_only_to_who_waits) {
  const std::string waits = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  RequestReader reader(kHeadBytes);
  Client client(waits, 1000);
  ASSERT_EQ(client.head(reader), Step::ready);
  EXPECT_TRUE(reader.take_continue());
  EXPECT_FALSE(reader.take_continue());
  reader.settle();
  EXPECT_TRUE(reader.keep_alive()) << "it was sent, so the body comes";

  for (const std::string& none :
       {waits + "a", std::string("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")}) {
    RequestReader other(kHeadBytes);
    Client sender(none, 1000);
    ASSERT_EQ(sender.head(other), Step::ready);
    EXPECT_FALSE(other.take_continue()) << none;
  }
}

TEST(RequestReader, bytes_behind_a_body_begin_the_next_request_while_there_is_room) {
  const std::string chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto read = [&](const std::string& behind) {
    RequestReader reader(kHeadBytes);
    Client client(chunked, 1000);
    EXPECT_EQ(client.head(reader), Step::ready);
    std::string piece = "1\r\na\r\n0\r\n\r\n" + behind;
    EXPECT_EQ(reader.came(piece), piece.size() - behind.size());
    reader.settle();
    if (!reader.keep_alive()) return std::string("closes");
    reader.next();
    return reader.look() == Step::ready ? std::string(reader.head().target) : "more";
  };
  EXPECT_EQ(read(next), "/next");
  EXPECT_EQ(read(next.substr(0, 20)), "more");
  EXPECT_EQ(read(std::string(RequestReader::kFirstBuffer, 'x')), "closes") << "no request is lost silently";
}

TEST(RequestReader, chunks_that_are_none_fail_in_both_ways_of_reading) {
  for (const std::string bad :
       {"x", "-1\r\n", "1\r\nab", "1\n", "ffffffffffffffff\r\n", "\r\n", "0\r\n\x01"}) {
    for (std::size_t cut = 1; cut <= bad.size(); ++cut) {
      RequestReader one(kHeadBytes), other(kHeadBytes);
      const auto bytes = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + bad;
      Client first(bytes, cut), second(bytes, cut);
      ASSERT_EQ(first.head(one), Step::ready);
      ASSERT_EQ(second.head(other), Step::ready);
      EXPECT_EQ(payload(one, first, 64), std::nullopt) << bad;
      EXPECT_EQ(framed(other, second, 64), std::nullopt) << bad;
      EXPECT_TRUE(one.body_failed() && other.body_failed()) << bad;
    }
  }
}

TEST(RequestReader, after_an_upgrade_what_came_behind_the_head_is_there_as_it_is) {
  RequestReader reader(kHeadBytes);
  Client client("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello",
                1000);
  ASSERT_EQ(client.head(reader), Step::ready);
  std::vector<char> out(4);
  EXPECT_EQ(reader.take_raw(out), 4u);
  EXPECT_EQ(reader.take_raw(out), 3u);
  EXPECT_EQ(reader.take_raw(out), 0u);
}

// Our own mistakes end the process instead of mixing two requests.
TEST(RequestReaderDeathTest, the_order_of_calls_is_asserted) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto at_a_request = [](auto&& then) {
    RequestReader reader(kHeadBytes);
    Client client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n", 1000);
    (void)client.head(reader);
    then(reader);
  };
  EXPECT_DEATH(at_a_request([](auto& reader) { (void)reader.look(); }), "State::head");
  EXPECT_DEATH(at_a_request([](auto& reader) { reader.next(); }), "complete");
  EXPECT_DEATH(at_a_request([](auto& reader) { reader.took(RequestReader::kFirstBuffer); }), "bytes <=");
  EXPECT_DEATH(RequestReader(kHeadBytes).settle(), "State::head");
}

}  // namespace
}  // namespace wye::net
