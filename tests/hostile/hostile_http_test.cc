// Runs the table, row by row, against each of our servers in this process.
#include <gtest/gtest.h>

#include "fronts.h"

namespace wye::hostile {
namespace {

class Hostile : public ::testing::TestWithParam<Kind> {
 protected:
  void run(std::vector<Case> (*cases)(const Target&)) {
    const auto server = GetParam().make({});
    const auto front = server->front();
    const auto rows = cases(front.to);
    ASSERT_FALSE(rows.empty());
    for (const auto& row : rows) run_case(front, row);
  }
};

TEST_P(Hostile, framing_has_one_reading_or_none) { run(&framing_cases); }
TEST_P(Hostile, heads_have_one_reading_or_none) { run(&head_cases); }
TEST_P(Hostile, upgrades_pipelines_and_other_protocols_harm_nobody) { run(&protocol_cases); }

// Clients whose bytes come late or one at a time.
class Slow : public Hostile {
 protected:
  using RawConnection = net::testing::RawConnection;
  Slow()
      : server_(GetParam().make({.head = kShort, .idle = kShort, .body = kShort})),
        front_(server_->front()) {}

  // Sends one more byte of `more` whenever nothing came for a moment, until the server ends it.
  static RawConnection::Answer drip(RawConnection& client, const std::string& more) {
    for (const char c : more) {
      pollfd readable{client.fd(), POLLIN, 0};
      if (::poll(&readable, 1, 10) > 0 || !client.send({&c, 1})) break;
    }
    return client.read_answer();
  }
  void expect_harmless(RawConnection& client) {
    EXPECT_TRUE(client.at_end());
    EXPECT_TRUE(front_.arrived().empty());
    client = front_.connect();
    client.send("GET " + front_.to.path + " HTTP/1.1\r\n" + front_.to.fields + "\r\n");
    EXPECT_EQ(client.read_answer().status, 200);
  }
  [[nodiscard]] std::string post(const std::string& framing) const {
    return "POST " + front_.to.path + " HTTP/1.1\r\n" + front_.to.fields + framing + "\r\n";
  }

  static constexpr std::chrono::milliseconds kShort{150};
  std::unique_ptr<InProcess> server_;
  Front front_;
};

TEST_P(Slow, a_head_that_stops_is_408) {
  auto client = front_.connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n");
  EXPECT_EQ(client.read_answer().status, 408);
  expect_harmless(client);
}

TEST_P(Slow, a_head_that_drips_is_408) {
  auto client = front_.connect();
  EXPECT_EQ(drip(client, "GET / HTTP/1.1\r\nX-A: " + std::string(10'000, 'a')).status, 408);
  expect_harmless(client);
}

TEST_P(Slow, a_body_that_stops_is_408) {
  auto client = front_.connect();
  client.send(post("Content-Length: 10\r\n") + "hello");
  EXPECT_EQ(client.read_answer().status, 408);
  expect_harmless(client);
}

TEST_P(Slow, chunks_that_stop_are_408) {
  auto client = front_.connect();
  client.send(post("Transfer-Encoding: chunked\r\n") + "5\r\nhel");
  EXPECT_EQ(client.read_answer().status, 408);
  expect_harmless(client);
}

TEST_P(Slow, a_connection_that_says_nothing_is_closed) {
  auto client = front_.connect();
  EXPECT_TRUE(client.at_end());
  client = front_.connect();
  client.send("GET " + front_.to.path + " HTTP/1.1\r\n" + front_.to.fields + "\r\n");
  EXPECT_EQ(client.read_answer().status, 200);
  EXPECT_TRUE(client.at_end()) << "kept alive, and then silent";
}

TEST_P(Slow, a_body_that_nobody_reads_is_not_waited_for_byte_by_byte) {
  auto client = front_.connect();
  // These are answered before their body: not found, not allowed, or not authorised.
  client.send("POST /nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n");
  if (GetParam().name == std::string("agent")) return;  // its handler reads every body
  EXPECT_GE(client.read_answer().status, 400);
  drip(client, std::string(1000, 'a'));
  expect_harmless(client);
}

const auto kName = [](const auto& info) { return std::string(info.param.name); };
INSTANTIATE_TEST_SUITE_P(All, Hostile, ::testing::ValuesIn(kKinds), kName);
INSTANTIATE_TEST_SUITE_P(All, Slow, ::testing::ValuesIn(kKinds), kName);

// Holds only for a server that reads the whole body before it acts.
TEST(SlowBody, a_body_that_drips_into_one_piece_is_408) {
  const auto server = agent_server({.body = std::chrono::milliseconds(150)});
  const auto front = server->front();
  auto client = front.connect();
  client.send("POST " + front.to.path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
  for (int i = 0; i < 1000; ++i) {
    pollfd readable{client.fd(), POLLIN, 0};
    if (::poll(&readable, 1, 10) > 0 || !client.send("a")) break;
  }
  EXPECT_EQ(client.read_answer().status, 408);
  EXPECT_TRUE(front.arrived().empty());
}

}  // namespace
}  // namespace wye::hostile
