#include "vm/telemetry/telemetry_stream.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "net/http_server.h"
#include "net/testing/raw_connection.h"

namespace wye::vm {
namespace {

using net::testing::RawConnection;

// An agent's telemetry on a thread of its own: the hub, the streams and the real server in front of them.
class TelemetryStream : public ::testing::Test {
 protected:
  TelemetryStream()
      : spool_(::memfd_create("spool", MFD_CLOEXEC)),
        hub_(clock_, log_, events::SpoolLog::open(spool_.get()).value()),
        streams_(io_, hub_),
        server_(io_, [this](net::Exchange& exchange) { return streams_.serve(exchange); }) {
    hub_.configure(Categories{"control", "network"});
    port_ = server_.listen_tcp("127.0.0.1", 0).value();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~TelemetryStream() override {
    on_agent([this] {
      streams_.end();
      server_.close();
      guard_.reset();
    });
    thread_.join();
  }
  void on_agent(std::function<void()> call) {
    std::promise<void> done;
    boost::asio::post(io_, [&] {
      call();
      done.set_value();
    });
    done.get_future().wait();
  }
  /// Publishes all in one turn of the agent's thread.
  void publish(int count, std::size_t bytes = 10, const std::string& category = "control") {
    on_agent([&] {
      for (int i = 0; i < count; ++i) {
        TelemetryEvent event{.type = "made", .category = category, .source = {.kind = "extension"}};
        event.data = boost::json::value(std::string(bytes, 'x'));
        ASSERT_TRUE(hub_.publish(std::move(event)));
      }
    });
  }
  /// Returns once the stream is open: it misses nothing that is published later.
  RawConnection subscribe(const std::string& fields = "", const std::string& query = "") {
    auto client = RawConnection::to_tcp(port_);
    client.send("GET /telemetry/stream" + query + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
    EXPECT_NE(client.read_head().find("200 OK"), std::string::npos);
    return client;
  }
  /// Reads the next write's payload, which is one chunk.
  static std::string read_block(RawConnection& client) {
    const auto size = std::strtoull(client.read_until("\r\n").c_str(), nullptr, 16);
    return client.read_exactly(size + 2).substr(0, size);
  }
  static std::vector<std::int64_t> seqs_in(const std::string& frames) {
    std::vector<std::int64_t> out;
    for (std::size_t at = 0; at < frames.size();) {
      EXPECT_EQ(frames.compare(at, 4, "id: "), 0) << frames.substr(at, 40);
      out.push_back(std::atoll(frames.c_str() + at + 4));
      at = frames.find("\n\n", at) + 2;
    }
    return out;
  }
  static std::vector<std::int64_t> read_seqs(RawConnection& client, std::int64_t last) {
    std::vector<std::int64_t> out;
    while (out.empty() || out.back() < last) {
      const auto more = seqs_in(read_block(client));
      if (more.empty()) break;
      out.insert(out.end(), more.begin(), more.end());
    }
    return out;
  }
  struct Filtered {
    std::vector<std::int64_t> seqs;
    std::int64_t dropped = 0;
  };
  /// Reads what a filtered stream shows up to `last`, and how many events it reports as dropped.
  static Filtered read_filtered(RawConnection& client, std::int64_t last) {
    constexpr std::string_view kDropped = ": dropped ";
    Filtered out;
    while (out.seqs.empty() || out.seqs.back() < last) {
      const auto block = read_block(client);
      if (block.starts_with(kDropped)) {
        out.dropped += std::atoll(block.c_str() + kDropped.size());
        continue;
      }
      const auto more = seqs_in(block);
      if (more.empty()) break;
      out.seqs.insert(out.seqs.end(), more.begin(), more.end());
    }
    return out;
  }
  static std::vector<std::int64_t> numbers(std::int64_t first, std::int64_t last) {
    std::vector<std::int64_t> out;
    for (; first <= last; ++first) out.push_back(first);
    return out;
  }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{io_.get_executor()};
  SystemClock clock_;
  Log log_{LogLevel::off};
  UniqueFd spool_;
  TelemetryHub hub_;
  TelemetryStreams streams_;
  net::HttpServer server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(TelemetryStream, every_subscriber_gets_every_event_in_order) {
  std::vector<RawConnection> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(subscribe());
  for (int i = 0; i < 50; ++i) publish(7);
  for (auto& client : clients) EXPECT_EQ(read_seqs(client, 350), numbers(1, 350));
  on_agent([&] {
    EXPECT_EQ(streams_.open(), 100u);
    EXPECT_EQ(streams_.sent(), 35'000);
    EXPECT_EQ(streams_.lost(), 0);
  });
}

TEST_F(TelemetryStream, what_comes_in_one_turn_goes_out_in_one_write) {
  auto client = subscribe();
  publish(300);
  EXPECT_EQ(seqs_in(read_block(client)), numbers(1, 300));
  publish(1);
  EXPECT_EQ(seqs_in(read_block(client)), numbers(301, 301)) << "and a single event does not wait for others";
}

TEST_F(TelemetryStream, a_write_ends_with_the_record_that_fills_its_block) {
  auto client = subscribe();
  publish(40, 10'000);
  const auto first = read_block(client);
  EXPECT_GE(first.size(), TelemetryStreams::kBlockBytes);
  EXPECT_LT(first.size(), TelemetryStreams::kBlockBytes + 11'000);
  auto seqs = seqs_in(first);
  while (seqs.back() < 40) {
    const auto more = seqs_in(read_block(client));
    seqs.insert(seqs.end(), more.begin(), more.end());
  }
  EXPECT_EQ(seqs, numbers(1, 40));
}

TEST_F(TelemetryStream, a_slow_subscriber_loses_what_leaves_the_ring_and_harms_nobody) {
  auto slow = subscribe(), quick = subscribe();
  // Far more than the kernel buffers for one connection, with rings of 1024.
  constexpr int kRounds = 24, kEach = 500, kLast = kRounds * kEach;
  for (int round = 1; round <= kRounds; ++round) {
    publish(kEach, 4'000);
    EXPECT_EQ(read_seqs(quick, round * kEach), numbers((round - 1) * kEach + 1, round * kEach));
  }
  const auto seen = read_seqs(slow, kLast);
  EXPECT_LT(seen.size(), static_cast<std::size_t>(kLast)) << "the ring was outrun";
  EXPECT_EQ(seen.back(), kLast);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  on_agent([&] {
    EXPECT_EQ(streams_.lost(), kLast - static_cast<std::int64_t>(seen.size())) << "the gap is counted";
    EXPECT_EQ(streams_.sent(), kLast + static_cast<std::int64_t>(seen.size()));
  });
}

TEST_F(TelemetryStream, a_stream_that_resumes_begins_behind_its_last_event) {
  publish(10);
  auto client = subscribe("Last-Event-ID: 4\r\n");
  EXPECT_EQ(read_seqs(client, 10), numbers(5, 10));
  publish(3);
  EXPECT_EQ(read_seqs(client, 13), numbers(11, 13));
}

TEST_F(TelemetryStream, a_filtered_stream_shows_its_events_and_no_others) {
  auto all = subscribe(), network = subscribe("", "?category[]=network"),
       both = subscribe("", "?category=network,control&type=made"), none = subscribe("", "?type=never_made");
  for (int i = 0; i < 10; ++i) {
    publish(9);
    publish(1, 10, "network");
  }
  std::vector<std::int64_t> tens;
  for (std::int64_t seq = 10; seq <= 100; seq += 10) tens.push_back(seq);
  EXPECT_EQ(read_seqs(all, 100), numbers(1, 100));
  EXPECT_EQ(read_seqs(both, 100), numbers(1, 100));
  EXPECT_EQ(read_seqs(network, 100), tens);
  on_agent([&] { streams_.end(); });
  EXPECT_EQ(none.read_until("\r\n"), "0\r\n") << "nothing but the end";
}

TEST_F(TelemetryStream, a_filter_that_is_none_is_refused) {
  for (const auto* query : {"?category=nets", "?type=%00", "?category[]=network&category[]="}) {
    auto client = RawConnection::to_tcp(port_);
    client.send("GET /telemetry/stream" + std::string(query) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto head = client.read_head();
    if (std::string_view(query).ends_with("=")) {
      EXPECT_NE(head.find("200 OK"), std::string::npos) << "an empty one counts as absent";
      continue;
    }
    EXPECT_NE(head.find(" 400 "), std::string::npos) << query;
    EXPECT_NE(client.read_until("}").find("\"bad_request\""), std::string::npos) << query;
  }
}

TEST_F(TelemetryStream, a_slow_filtered_subscriber_is_told_how_many_of_its_events_are_lost) {
  auto slow = subscribe("", "?category=network"), quick = subscribe();
  constexpr int kRounds = 40, kEach = 400, kLast = kRounds * kEach;
  for (int round = 1; round <= kRounds; ++round) {
    publish(kEach / 2);
    publish(kEach / 2, 6'000, "network");
    EXPECT_EQ(read_seqs(quick, round * kEach), numbers((round - 1) * kEach + 1, round * kEach));
  }
  const auto seen = read_filtered(slow, kLast);
  EXPECT_EQ(seen.seqs.back(), kLast);
  EXPECT_TRUE(std::is_sorted(seen.seqs.begin(), seen.seqs.end()));
  EXPECT_GT(seen.dropped, 0) << "the ring was outrun";
  EXPECT_EQ(static_cast<std::int64_t>(seen.seqs.size()) + seen.dropped, kLast / 2)
      << "each of its events came or is reported as dropped";
  on_agent([&] { EXPECT_EQ(streams_.lost(), seen.dropped); });
}

TEST_F(TelemetryStream, a_filtered_stream_that_resumes_is_told_what_it_missed) {
  publish(10, 10, "network");
  for (int i = 0; i < 100; ++i) {
    publish(30);
    publish(1, 10, "network");
  }
  auto client = subscribe("Last-Event-ID: 4\r\n", "?category=network");
  const auto seen = read_filtered(client, 3110);
  EXPECT_EQ(static_cast<std::int64_t>(seen.seqs.size()) + seen.dropped, 106);
  EXPECT_EQ(seen.seqs.size(), 34u) << "of the last 1024";
  auto other = subscribe("Last-Event-ID: 4\r\n", "?type=other");
  publish(1);
  on_agent([&] { streams_.end(); });
  EXPECT_EQ(other.read_until("\r\n"), "0\r\n") << "nothing of its own was lost";
}

TEST_F(TelemetryStream, at_the_sessions_end_streams_end_behind_its_last_event) {
  std::vector<RawConnection> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(subscribe());
  publish(1);
  on_agent([&] { streams_.end(); });
  for (auto& client : clients) {
    EXPECT_EQ(read_seqs(client, 1), numbers(1, 1));
    EXPECT_EQ(client.read_until("\r\n"), "0\r\n") << "a clean end";
  }
  on_agent([&] { EXPECT_EQ(streams_.open(), 0u); });
}

}  // namespace
}  // namespace wye::vm
