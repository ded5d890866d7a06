// One destination's pump on a real store and real sockets, with the test's time.
#include "control/export/pump.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "control/export/exporter.h"
#include "control/store/sqlite_store.h"
#include "control/store/testing/scratch_dir.h"
#include "control/store/testing/store_steps.h"
#include "events/lost_tail.h"
#include "events/paging_contract.h"
#include "testing/fake_clock.h"
#include "testing/gunzip.h"
#include "testing/scripted_peer.h"

namespace wye::control {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using wye::testing::answer;
using wye::testing::ChangingScript;
using wye::testing::gunzip;
using wye::testing::ScriptedPeer;
using wye::testing::SeenRequest;

const std::string kA(24, 'a'), kB(24, 'b'), kTo(24, 'd');
constexpr const char* kSecret = "Bearer v3ry-s3cret";

class PumpTest : public ::testing::Test {
 protected:
  PumpTest() {
    Destination destination{.id = kTo,
                            .name = "collector",
                            .endpoint = peer_.origin() + "/base",
                            .headers = {{"authorization", kSecret}},
                            .protocol = Destination::Protocol::json};
    EXPECT_TRUE(store_->exports().add(destination));
  }
  std::unique_ptr<Pump> pump(ExportLimits limits = {}, bool private_allowed = true) {
    return std::make_unique<Pump>(kTo, *store_, private_allowed, clock_, random_, log_, counters_, limits);
  }
  void session(const std::string& id) {
    ASSERT_TRUE(
        store_->insert_session({.id = id, .created_at = clock_.unix_micros(), .jwt = "j", .export_to = kTo}));
    testing::become_live(*store_, id);
  }
  void events(const std::string& id, std::int64_t from, std::int64_t to) {
    std::vector<events::Record> records;
    for (auto seq = from; seq <= to; ++seq)
      records.push_back(events::testing::sample(seq, clock_.unix_micros() + seq));
    ASSERT_TRUE(testing::archive(*store_, id, records, {to, to, clock_.unix_micros() + to}));
  }
  /// Runs until nothing is left to do now.
  std::optional<milliseconds> run(Pump& pump) {
    for (;;) {
      const auto next = pump.turn(stop_.get_token());
      if (!next || *next > milliseconds(0)) return next;
    }
  }
  /// Returns `session:seq` of every log record that came, in order.
  std::string logs_seen() {
    std::string out;
    for (const auto& request : peer_.seen()) {
      if (request.line.find("/base/v1/logs ") == std::string::npos) continue;
      const bool packed = request.head.find("Content-Encoding: gzip") != std::string::npos;
      const auto body = json::parse(packed ? gunzip(request.body) : request.body);
      for (const auto& resource : body.at("resourceLogs").as_array()) {
        const auto id =
            resource.at("resource").at("attributes").at(1).at("value").at("stringValue").as_string();
        for (const auto& log : resource.at("scopeLogs").at(0).at("logRecords").as_array())
          out += std::string(1, id[0]) +
                 std::string(log.at("attributes").at(0).at("value").at("intValue").as_string()) + " ";
      }
    }
    return out;
  }
  std::size_t count(const std::string& path) {
    std::size_t out = 0;
    for (const auto& request : peer_.seen())
      out += request.line.find(path + " ") != std::string::npos ? 1 : 0;
    return out;
  }
  std::int64_t backlog() { return store_->exports().backlog(kTo).value(); }

  std::string logged_;
  const Log log_{LogLevel::debug, [this](std::string_view line) { logged_ += line; }};
  wye::testing::FakeClock clock_;
  SystemRandom random_;
  std::stop_source stop_;
  ExportCounters counters_;
  testing::ScratchDir scratch_;
  std::unique_ptr<Store> store_ = open_sqlite_store(scratch_.file("wye.db")).value();
  ChangingScript script_{[](const SeenRequest&) { return answer(200, "{}"); }};
  ScriptedPeer peer_{[this](const SeenRequest& request) { return script_(request); }};
};

TEST_F(PumpTest, sends_what_is_archived_once_with_the_headers_of_its_destination) {
  session(kA);
  events(kA, 1, 3);
  const auto it = pump();
  EXPECT_FALSE(run(*it));
  EXPECT_EQ(logs_seen(), "a1 a2 a3 ");
  EXPECT_EQ(backlog(), 0);
  events(kA, 4, 4);
  EXPECT_FALSE(run(*it));
  EXPECT_EQ(logs_seen(), "a1 a2 a3 a4 ");
  EXPECT_EQ(counters_.logs.sent.value(), 4u);
  EXPECT_EQ(it->progress().sent, 4u);
  EXPECT_EQ(it->progress().last_sent_at, clock_.unix_micros());
  const auto request = peer_.seen().at(0);
  EXPECT_TRUE(request.line.starts_with("POST /base/v1/logs HTTP/1.1")) << request.line;
  EXPECT_NE(request.head.find("authorization: " + std::string(kSecret)), std::string::npos);
  EXPECT_NE(request.head.find("Content-Type: application/json"), std::string::npos);
}

TEST_F(PumpTest, large_requests_are_compressed_and_bounded_and_sessions_take_turns) {
  session(kA);
  session(kB);
  events(kA, 1, 25);
  events(kB, 1, 2);
  const auto it = pump({.records = 10});
  EXPECT_FALSE(run(*it));
  EXPECT_EQ(
      logs_seen(),
      "a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 b1 b2 a11 a12 a13 a14 a15 a16 a17 a18 a19 a20 a21 a22 a23 a24 a25 ");
  EXPECT_NE(peer_.seen().at(0).head.find("Content-Encoding: gzip"), std::string::npos);
}

TEST_F(PumpTest, waits_when_it_is_told_to_and_sends_the_same_again) {
  script_ = [](const SeenRequest&) { return answer(429, "", "Retry-After: 30\r\n"); };
  session(kA);
  events(kA, 1, 2);
  const auto it = pump();
  EXPECT_EQ(run(*it), milliseconds(30'000));
  EXPECT_EQ(peer_.count(), 1u);
  clock_.advance(std::chrono::seconds(29));
  EXPECT_EQ(run(*it), milliseconds(1000));
  EXPECT_EQ(peer_.count(), 1u) << "not before it is time";
  EXPECT_NE(it->progress().last_error, "");
  script_ = [](const SeenRequest&) { return answer(200, "{}"); };
  events(kA, 3, 3);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_FALSE(run(*it));
  EXPECT_EQ(logs_seen(), "a1 a2 a1 a2 a3 ");
  EXPECT_EQ(it->progress().last_error, "");
  EXPECT_EQ(counters_.again.value(), 1u);
  EXPECT_EQ(it->progress().dropped, 0u);
}

TEST_F(PumpTest, pauses_grow_to_a_bound) {
  script_ = [](const SeenRequest&) { return wye::testing::Play{.reset = true}; };
  session(kA);
  events(kA, 1, 1);
  const auto it = pump();
  milliseconds last{0};
  for (int attempt = 0; attempt < 12; ++attempt) {
    const auto wait = run(*it).value();
    EXPECT_GE(wait, std::min(milliseconds(45'000), milliseconds(750) * (1 << attempt)));
    EXPECT_LE(wait, milliseconds(60'000));
    clock_.advance(last = wait);
  }
  EXPECT_GE(last, milliseconds(45'000));
}

TEST_F(PumpTest, a_signal_that_was_taken_is_not_sent_again_for_the_others_sake) {
  script_ = [](const SeenRequest& request) {
    return answer(request.line.find("/v1/traces") == std::string::npos ? 200 : 503, "");
  };
  session(kA);
  events(kA, 1, 1);
  testing::end_session(*store_, kA, clock_.unix_micros());
  const auto it = pump();
  EXPECT_TRUE(run(*it));
  script_ = [](const SeenRequest&) { return answer(200, "{}"); };
  clock_.advance(std::chrono::minutes(1));
  EXPECT_FALSE(run(*it));
  EXPECT_EQ(count("/base/v1/logs"), 1u);
  EXPECT_EQ(count("/base/v1/traces"), 2u);
}

TEST_F(PumpTest, what_is_refused_is_dropped_and_counted_and_the_rest_has_time) {
  script_ = [](const SeenRequest&) { return answer(400, kSecret); };
  session(kA);
  events(kA, 1, 15);
  const auto it = pump({.records = 10});
  EXPECT_GE(run(*it).value(), milliseconds(750));
  EXPECT_EQ(peer_.count(), 1u);
  EXPECT_EQ(counters_.logs.refused.value(), 10u);
  EXPECT_EQ(it->progress().dropped, 10u);
  EXPECT_EQ(it->progress().last_error, "the destination answered 400");
  EXPECT_EQ(backlog(), 5);
  EXPECT_NE(logged_.find("refused"), std::string::npos) << logged_;
  EXPECT_EQ(logged_.find("s3cret"), std::string::npos) << logged_;
  script_ = [](const SeenRequest&) { return answer(200, "{}"); };
  it->hurry();  // somebody has put the destination right
  EXPECT_FALSE(run(*it));
  EXPECT_EQ(counters_.logs.sent.value(), 5u);
}

TEST_F(PumpTest, rejected_records_are_counted) {
  script_ = [](const SeenRequest&) {
    return answer(200, R"({"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"no"}})");
  };
  session(kA);
  events(kA, 1, 5);
  EXPECT_FALSE(run(*pump()));
  EXPECT_EQ(counters_.logs.sent.value(), 3u);
  EXPECT_EQ(counters_.logs.rejected.value(), 2u);
}

TEST_F(PumpTest, what_grew_too_old_is_dropped_counted_and_said) {
  session(kA);
  events(kA, 1, 40);
  clock_.advance(std::chrono::hours(25));
  events(kA, 41, 42);
  const auto it = pump();
  EXPECT_FALSE(run(*it));
  EXPECT_EQ(logs_seen(), "a41 a42 ");
  EXPECT_EQ(counters_.expired.value(), 40u);
  EXPECT_EQ(it->progress().dropped, 40u);
  EXPECT_NE(logged_.find("too_old"), std::string::npos);
  EXPECT_EQ(backlog(), 0);
}

TEST_F(PumpTest, of_an_archive_that_lacks_its_end_what_is_missing_is_not_counted_as_dropped) {
  session(kA);
  events(kA, 1, 3);
  clock_.advance(std::chrono::hours(25));
  events(kA, 3 + events::kLostTail, 3 + events::kLostTail);
  EXPECT_FALSE(run(*pump()));
  EXPECT_EQ(counters_.expired.value(), 3u);
  EXPECT_EQ(logs_seen(), "a" + std::to_string(3 + events::kLostTail) + " ");
  EXPECT_EQ(backlog(), 0);
}

TEST_F(PumpTest, nobody_there_costs_no_memory_and_all_of_it_comes_once_somebody_is) {
  ASSERT_TRUE(store_->exports().update({.id = kTo, .name = "collector", .endpoint = "http://127.0.0.1:1"}));
  session(kA);
  const auto it = pump();
  for (int round = 0; round < 20; ++round) {
    events(kA, round * 100 + 1, round * 100 + 100);
    EXPECT_TRUE(run(*it));
    clock_.advance(std::chrono::minutes(1));
  }
  EXPECT_EQ(backlog(), 2000);
  EXPECT_EQ(it->progress().dropped, 0u);
  ASSERT_TRUE(store_->exports().update({.id = kTo,
                                        .name = "collector",
                                        .endpoint = peer_.origin() + "/base",
                                        .protocol = Destination::Protocol::json}));
  it->hurry();
  EXPECT_FALSE(run(*it));
  std::string all;
  for (int seq = 1; seq <= 2000; ++seq) all += "a" + std::to_string(seq) + " ";
  EXPECT_EQ(logs_seen(), all);
}

TEST_F(PumpTest, a_session_that_is_gone_ends_with_its_own_span_once) {
  session(kA);
  events(kA, 1, 1);
  const auto it = pump();
  EXPECT_FALSE(run(*it));
  EXPECT_EQ(count("/base/v1/traces"), 0u);
  testing::end_session(*store_, kA, clock_.unix_micros() + 5);
  EXPECT_FALSE(run(*it));
  EXPECT_FALSE(run(*pump()));
  ASSERT_EQ(count("/base/v1/traces"), 1u);
  const auto span =
      json::parse(peer_.last_seen().body).at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").at(0);
  EXPECT_EQ(span.at("name").as_string(), "browser session");
}

TEST_F(PumpTest, goes_on_where_it_was_after_a_restart) {
  session(kA);
  events(kA, 1, 2);
  EXPECT_FALSE(run(*pump()));
  events(kA, 3, 4);
  store_.reset();
  store_ = open_sqlite_store(scratch_.file("wye.db")).value();
  EXPECT_FALSE(run(*pump()));
  EXPECT_EQ(logs_seen(), "a1 a2 a3 a4 ");
}

TEST_F(PumpTest, a_redirect_takes_no_header_anywhere) {
  ScriptedPeer elsewhere([](const SeenRequest&) { return answer(200, "{}"); });
  script_ = [to = elsewhere.origin()](const SeenRequest&) {
    return answer(307, "", "Location: " + to + "/\r\n");
  };
  session(kA);
  events(kA, 1, 1);
  EXPECT_TRUE(run(*pump()));
  EXPECT_EQ(elsewhere.count(), 0u);
  EXPECT_EQ(counters_.logs.refused.value(), 1u);
}

TEST_F(PumpTest, a_private_address_is_not_connected_to_unless_the_operator_allows_it) {
  ASSERT_TRUE(store_->exports().update(
      {.id = kTo, .name = "n", .endpoint = "http://localhost:" + std::to_string(peer_.port())}));
  session(kA);
  events(kA, 1, 1);
  const auto it = pump({}, false);
  EXPECT_TRUE(run(*it));
  EXPECT_NE(it->progress().last_error.find("not allowed"), std::string::npos) << it->progress().last_error;
  EXPECT_EQ(peer_.connections(), 0);
}

TEST_F(PumpTest, an_exporter_sends_what_it_is_told_of_and_ends_at_once) {
  const SystemClock clock;
  session(kA);
  Exporter exporter(*store_, clock, random_, log_,
                    {.holder = kA, .private_allowed = true, .linger = milliseconds(1)});
  ASSERT_TRUE(testing::archive(*store_, kA, {events::testing::sample(1, clock.unix_micros())}, {1, 1, 1}));
  exporter.archived();
  EXPECT_TRUE(peer_.wait_for_ended(1));
  EXPECT_EQ(logs_seen(), "a1 ");
  exporter.stop();
}

TEST_F(PumpTest, of_two_servers_on_one_record_one_exports_until_it_ends) {
  const SystemClock clock;
  session(kA);
  const auto told = [&](std::int64_t seq) {
    ASSERT_TRUE(
        testing::archive(*store_, kA, {events::testing::sample(seq, clock.unix_micros())}, {seq, seq, seq}));
  };
  const auto beside = open_sqlite_store(scratch_.file("wye.db")).value();
  const auto options = [](const std::string& holder) {
    return ExporterOptions{.holder = holder, .private_allowed = true, .linger = milliseconds(1)};
  };
  Exporter first(*store_, clock, random_, log_, options(kA));
  told(1);
  first.archived();
  EXPECT_TRUE(peer_.wait_for_ended(1));
  {
    Exporter second(*beside, clock, random_, log_, options(kB));
    EXPECT_FALSE(beside->take_lease("exporter", kB, std::chrono::minutes(1)).value());
    told(2);
    second.archived();
    first.archived();
    EXPECT_TRUE(peer_.wait_for_ended(2));
  }
  first.stop();
  told(3);
  Exporter third(*beside, clock, random_, log_, options(kB));
  EXPECT_TRUE(peer_.wait_for_ended(3));
  EXPECT_EQ(logs_seen(), "a1 a2 a3 ") << "each once";
}

}  // namespace
}  // namespace wye::control
