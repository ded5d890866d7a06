// A stream over several connections: where it goes on, how long it pauses, and when it ends.
#include "sdk/testing/sdk_fixture.h"

namespace wye {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::Play;
using testing::SeenRequest;
using Waits = std::vector<std::int64_t>;
using Seqs = std::vector<std::int64_t>;

std::string event(std::int64_t seq) {
  return "id: " + std::to_string(seq) + "\ndata: {\"seq\":" + std::to_string(seq) +
         ",\"event\":{\"ts\":1,\"type\":\"t\",\"category\":\"c\",\"source\":{\"kind\":\"cdp\"}}}\n\n";
}

Play events(const std::string& bytes) {
  return {.bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + bytes};
}

class Resume : public testing::SdkTest {
 protected:
  Resume() { options_.max_retries = 0; }
  /// Plays one answer a connection; then the session has ended.
  void play(std::vector<Play> plays) {
    script_ = [plays = std::move(plays), at = std::make_shared<std::size_t>(0)](const SeenRequest&) {
      return *at < plays.size() ? plays[(*at)++]
                                : answer(404, R"({"code":"browser_gone","message":"browser not found"})");
    };
  }
  TelemetryStream open(StreamOptions options = {.auto_resume = true}, CallOptions call = {}) {
    return client().telemetry().stream("b", std::move(options), std::move(call)).value();
  }
  Seqs read_all(TelemetryStream& stream) {
    Seqs out;
    for (const auto& item : stream) {
      last_ = item ? std::nullopt : std::optional(item.error());
      if (item) out.push_back(item->seq);
    }
    return out;
  }
  /// Returns the `seq` behind which each connection asked to go on; "" where it named none.
  std::vector<std::string> behind() {
    std::vector<std::string> out;
    for (const auto& request : server_.seen()) {
      const auto at = request.head.find("Last-Event-ID: ");
      out.push_back(at == std::string::npos
                        ? ""
                        : request.head.substr(at + 15, request.head.find("\r\n", at) - at - 15));
    }
    return out;
  }
  std::optional<Error> last_;
};

TEST_F(Resume, goes_on_behind_the_last_event_and_shows_none_twice) {
  play({events(event(3) + event(4)), events(event(4) + event(5)), events(event(9))});
  auto stream = open();
  EXPECT_EQ(read_all(stream), (Seqs{3, 4, 5, 9}));
  EXPECT_EQ(behind(), (std::vector<std::string>{"", "4", "5", "9"}));
  EXPECT_EQ(stream.missed(), 3);
  EXPECT_FALSE(last_) << "a 404 is the session's end";
}

TEST_F(Resume, an_id_given_by_the_caller_is_the_first_to_go_on_behind) {
  for (const auto& [given, expected] : std::vector<std::pair<std::int64_t, std::string>>{
           {7, "7"}, {INT64_MAX, "9223372036854775807"}, {0, ""}, {-3, ""}}) {
    play({events("")});
    const auto before = server_.count();
    auto stream = open({.last_event_id = given, .auto_resume = true});
    EXPECT_TRUE(read_all(stream).empty());
    EXPECT_EQ(behind()[before], expected) << given;
    EXPECT_EQ(behind()[before + 1], expected) << given << " again, as nothing was seen";
  }
}

TEST_F(Resume, a_replay_is_asked_for_until_something_was_seen) {
  play({events(""), events(event(1)), events("")});
  auto stream = open({.replay_all = true, .auto_resume = true});
  EXPECT_EQ(read_all(stream), (Seqs{1}));
  std::vector<std::string> lines;
  for (const auto& request : server_.seen()) lines.push_back(request.line);
  const std::string plain = "GET /browsers/b/telemetry/stream HTTP/1.1";
  const std::string replay = "GET /browsers/b/telemetry/stream?replay=all HTTP/1.1";
  EXPECT_EQ(lines, (std::vector<std::string>{replay, replay, plain, plain}));
}

TEST_F(Resume, pauses_grow_and_an_event_makes_them_short_again) {
  const Play reset{.bytes = "", .reset = true};
  play({events(event(1)), reset, reset, events(event(2)), reset, events(""), events(event(3))});
  auto stream = open();
  EXPECT_EQ(read_all(stream), (Seqs{1, 2, 3}));
  // A connection that opens and brings no event is no success.
  EXPECT_EQ(pause_->waits(), (Waits{500, 1000, 2000, 500, 1000, 2000, 500}));
}

TEST_F(Resume, pauses_are_less_by_chance) {
  random_->set(100);
  play({events(""), events(""), events("")});
  auto stream = open();
  EXPECT_TRUE(read_all(stream).empty());
  EXPECT_EQ(pause_->waits(), (Waits{400, 900, 1900}));
}

TEST_F(Resume, ends_with_the_last_error_after_so_many_tries_in_a_row) {
  script_ = [n = std::make_shared<int>(0)](const SeenRequest&) {
    return (*n)++ == 0 ? events(event(1)) : answer(500, R"({"code":"broken","message":"m"})");
  };
  auto stream = open({.auto_resume = true, .max_resumes = 4});
  EXPECT_EQ(read_all(stream), (Seqs{1}));
  ASSERT_TRUE(last_);
  EXPECT_EQ(last_->code, "broken");
  EXPECT_EQ(pause_->waits(), (Waits{500, 1000, 2000, 4000}));
  EXPECT_EQ(asked(), 5u);
  EXPECT_EQ(stream.next().error().code, "broken") << "the same from here on";
  EXPECT_EQ(asked(), 5u);
}

TEST_F(Resume, comments_alone_keep_no_stream_alive_for_ever) {
  script_ = [](const SeenRequest&) { return events(": heartbeat\n\n"); };
  auto stream = open({.auto_resume = true, .max_resumes = 3});
  EXPECT_TRUE(read_all(stream).empty());
  ASSERT_TRUE(last_);
  EXPECT_EQ(last_->code, "stream_ended");
  EXPECT_EQ(asked(), 4u);
}

TEST_F(Resume, is_off_unless_asked_for) {
  play({events(event(1))});
  auto whole = open({});
  EXPECT_EQ(read_all(whole), (Seqs{1}));
  EXPECT_FALSE(last_) << "an end in order is the session's";
  play({{.bytes = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 999\r\n\r\n" +
                  event(1)}});
  auto cut = open({});
  EXPECT_EQ(read_all(cut), (Seqs{1}));
  ASSERT_TRUE(last_);
  EXPECT_EQ(last_->kind, ErrorKind::disconnected);
  EXPECT_TRUE(pause_->waits().empty());
}

TEST_F(Resume, what_lies_in_a_cut_event_is_asked_for_again) {
  play({events(event(1) + event(2).substr(0, 20)), events(event(2))});
  auto stream = open();
  EXPECT_EQ(read_all(stream), (Seqs{1, 2}));
  EXPECT_EQ(stream.missed(), 0);
  EXPECT_EQ(behind()[1], "1");
}

TEST_F(Resume, a_server_that_goes_back_shows_nothing_again) {
  play({events(event(10)), events(event(3) + event(10) + event(11) + event(2))});
  auto stream = open();
  EXPECT_EQ(read_all(stream), (Seqs{10, 11}));
  EXPECT_EQ(stream.missed(), 0);
  EXPECT_EQ(behind()[2], "11");
}

TEST_F(Resume, an_answer_that_is_no_stream_is_tried_again_within_the_same_bound) {
  script_ = [n = std::make_shared<int>(0)](const SeenRequest&) {
    return (*n)++ == 0 ? events(event(1)) : answer(200, "<html>", "Content-Type: text/html\r\n");
  };
  auto stream = open({.auto_resume = true, .max_resumes = 2});
  EXPECT_EQ(read_all(stream), (Seqs{1}));
  ASSERT_TRUE(last_);
  EXPECT_EQ(last_->code, "bad_answer");
  EXPECT_EQ(asked(), 3u);
}

TEST_F(Resume, a_stop_in_a_pause_ends_it) {
  std::stop_source stop;
  pause_->on_wait = [&] { stop.request_stop(); };
  play({events(event(1)), events(event(2))});
  auto stream = open({.auto_resume = true}, {.stop = stop.get_token()});
  EXPECT_EQ(read_all(stream), (Seqs{1}));
  ASSERT_TRUE(last_);
  EXPECT_EQ(last_->kind, ErrorKind::cancelled);
  EXPECT_EQ(asked(), 1u);
}

TEST_F(Resume, the_timeout_is_for_each_opening_and_not_for_the_stream) {
  script_ = [this, n = std::make_shared<int>(0)](const SeenRequest&) {
    clock_->advance(1h);
    return (*n)++ < 2 ? events(event(*n)) : answer(404, R"({"code":"browser_gone","message":"m"})");
  };
  auto stream = open({.auto_resume = true}, {.timeout = 5s});
  EXPECT_EQ(read_all(stream), (Seqs{1, 2}));
  EXPECT_FALSE(last_);
}

}  // namespace
}  // namespace wye
