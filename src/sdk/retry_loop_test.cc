// What goes over the wire when attempts fail: how often, after which pauses, and within which time.
#include "sdk/testing/sdk_fixture.h"
#include "testing/loopback.h"

namespace wye {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::Play;
using testing::SeenRequest;
using Waits = std::vector<std::int64_t>;

class RetryLoop : public testing::SdkTest {
 protected:
  void answer_always(int status, const std::string& headers = "") {
    script_ = [=](const SeenRequest&) { return answer(status, "{}", headers); };
  }
  void reset_always() {
    script_ = [](const SeenRequest&) { return Play{.bytes = "", .reset = true}; };
  }
};

// A body that can be pulled once; the number of pulls shows a second sending.
Request streamed(const char* method, int* pulls) {
  return {.method = method, .path = "/profiles", .body_stream = [pulls](std::span<char> out) {
            if (++*pulls % 2 == 0) return Result<std::size_t>(0);
            out[0] = 'x';
            return Result<std::size_t>(1);
          }};
}

TEST_F(RetryLoop, attempts_by_method_and_answer) {
  struct Row {
    const char* method;
    int status;
    const char* headers;
    std::size_t attempts;
  };
  for (const auto& row : std::vector<Row>{{"GET", 200, "", 1},
                                          {"GET", 404, "", 1},
                                          {"GET", 500, "", 3},
                                          {"PUT", 503, "", 3},
                                          {"DELETE", 409, "", 3},
                                          {"POST", 500, "", 1},
                                          {"POST", 503, "", 1},
                                          {"POST", 503, "Retry-After: 0\r\n", 3},
                                          {"POST", 500, "Retry-After: 0\r\n", 1},
                                          {"PATCH", 429, "Retry-After: 0\r\n", 3},
                                          {"GET", 503, "x-should-retry: false\r\n", 1},
                                          {"GET", 400, "x-should-retry: true\r\n", 3}}) {
    answer_always(row.status, row.headers);
    const auto before = asked();
    const auto reply = client().request({.method = row.method, .path = "/profiles", .body = "{}"});
    ASSERT_TRUE(reply) << row.method << row.status;
    EXPECT_EQ(reply->status, row.status) << "the last answer is the call's";
    EXPECT_EQ(asked() - before, row.attempts) << row.method << " " << row.status << " " << row.headers;
  }
}

TEST_F(RetryLoop, a_reset_is_sent_again_only_where_it_may_run_twice) {
  reset_always();
  EXPECT_EQ(client().request({.path = "/profiles"}).error().kind, ErrorKind::disconnected);
  EXPECT_EQ(asked(), 3u);
  EXPECT_EQ(pause_->waits(), (Waits{500, 1000}));
  EXPECT_FALSE(client().request({.method = "POST", .path = "/profiles", .body = "{}"}));
  EXPECT_EQ(asked(), 4u);
}

TEST_F(RetryLoop, every_attempt_sends_the_same_bytes) {
  answer_always(503, "Retry-After: 0\r\n");
  ASSERT_TRUE(client().request({.method = "POST", .path = "/profiles?a=1", .body = R"({"name":"x"})"}));
  const auto seen = server_.seen();
  ASSERT_EQ(seen.size(), 3u);
  for (const auto& one : seen) {
    EXPECT_EQ(one.head, seen.front().head);
    EXPECT_EQ(one.body, R"({"name":"x"})");
  }
}

TEST_F(RetryLoop, a_streamed_body_is_never_sent_twice) {
  for (const char* method : {"PUT", "POST"}) {
    int pulls = 0;
    answer_always(503, "Retry-After: 0\r\nx-should-retry: true\r\n");
    const auto before = asked();
    EXPECT_EQ(client().request(streamed(method, &pulls)).value().status, 503);
    EXPECT_EQ(asked() - before, 1u) << method;
    reset_always();
    EXPECT_FALSE(client().request(streamed(method, &pulls)));
    EXPECT_EQ(asked() - before, 2u) << method;
  }
  EXPECT_TRUE(pause_->waits().empty());
}

TEST_F(RetryLoop, a_raw_fetch_by_its_path_is_never_sent_twice) {
  answer_always(503, "Retry-After: 0\r\n");
  EXPECT_EQ(client().request({.path = "/browsers/x/curl/raw?url=http://t/"}).value().status, 503);
  EXPECT_EQ(asked(), 1u);
}

TEST_F(RetryLoop, where_nobody_listens_anything_whole_is_tried_again) {
  const auto held = testing::refuse_on_loopback();
  options_.base_url = "http://127.0.0.1:" + std::to_string(held.port);
  const auto reply = client().request({.method = "POST", .path = "/profiles", .body = "{}"});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code, "connect_failed");
  EXPECT_EQ(pause_->waits(), (Waits{500, 1000}));
  int pulls = 0;
  EXPECT_FALSE(client().request(streamed("PUT", &pulls)));
  EXPECT_EQ(pause_->waits().size(), 2u);
}

TEST_F(RetryLoop, the_number_of_retries_is_the_calls_else_the_clients) {
  answer_always(500);
  options_.max_retries = 1;
  for (const auto& [retries, attempts] :
       std::vector<std::pair<std::optional<int>, std::size_t>>{{std::nullopt, 2}, {0, 1}, {4, 5}, {-3, 1}}) {
    const auto before = asked();
    ASSERT_TRUE(client().request({.path = "/profiles"}, {.max_retries = retries}));
    EXPECT_EQ(asked() - before, attempts);
  }
}

TEST_F(RetryLoop, the_servers_pause_is_kept_and_ours_is_less_by_chance) {
  random_->set(50);
  int calls = 0;
  script_ = [&calls](const SeenRequest&) {
    constexpr const char* kAsked[] = {"Retry-After: 3\r\n", "retry-after-ms: 70\r\n", "Retry-After: x\r\n",
                                      ""};
    return answer(503, "{}", kAsked[calls++ % 4]);
  };
  ASSERT_TRUE(client().request({.path = "/profiles"}, {.max_retries = 4}));
  EXPECT_EQ(pause_->waits(), (Waits{3000, 70, 2000 - 50, 4000 - 50}));
}

TEST_F(RetryLoop, a_date_is_read_against_the_clients_clock) {
  clock_ = std::make_shared<testing::FakeClock>(1'790'000'000'000'000);  // 2026-09-21 14:13:20 UTC
  pause_ = std::make_shared<testing::NotedPause>(*clock_);
  answer_always(503, "Retry-After: Mon, 21 Sep 2026 14:13:45 GMT\r\n");
  ASSERT_TRUE(client().request({.path = "/profiles"}));
  EXPECT_EQ(pause_->waits(), (Waits{25'000, 0})) << "the second time the date has come";
}

TEST_F(RetryLoop, the_deadline_holds_for_all_attempts_together) {
  // Each attempt takes two seconds, the pauses 0.5, 1 and 2: the fourth attempt would begin at 9.5 s.
  script_ = [this](const SeenRequest&) {
    clock_->advance(2s);
    return answer(500, R"({"code":"broken","message":"m"})");
  };
  const auto reply = client().request({.path = "/profiles"}, {.timeout = 9'500ms, .max_retries = 9});
  ASSERT_TRUE(reply) << "what there is says more than a timeout";
  EXPECT_EQ(reply->status, 500);
  EXPECT_EQ(asked(), 3u);
  EXPECT_EQ(pause_->waits(), (Waits{500, 1000}));
  const auto longer = client().request({.path = "/profiles"}, {.timeout = 9'501ms, .max_retries = 9});
  ASSERT_TRUE(longer);
  EXPECT_EQ(asked() - 3, 4u);
}

TEST_F(RetryLoop, a_pause_that_is_too_long_is_not_begun) {
  for (const char* wait : {"60", "86400", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    answer_always(503, std::string("Retry-After: ") + wait + "\r\n");
    EXPECT_EQ(client().request({.path = "/profiles"}, {.timeout = 60'000ms}).value().status, 503) << wait;
  }
  EXPECT_EQ(asked(), 4u);
  EXPECT_TRUE(pause_->waits().empty());
}

TEST_F(RetryLoop, a_timeout_without_end_is_no_overflow) {
  answer_always(200);
  EXPECT_TRUE(client().request({.path = "/profiles"}, {.timeout = std::chrono::milliseconds::max()}));
}

TEST_F(RetryLoop, a_stop_in_a_pause_ends_the_call) {
  answer_always(500);
  std::stop_source stop;
  pause_->on_wait = [&] { stop.request_stop(); };
  const auto reply = client().request({.path = "/profiles"}, {.stop = stop.get_token()});
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::cancelled);
  EXPECT_EQ(asked(), 1u);
}

TEST(RealPause, ends_with_a_stop_from_another_thread) {
  std::stop_source stop;
  const std::jthread other([&] { stop.request_stop(); });
  const auto waited = sdk::RealPause().wait(1h, stop.get_token());
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().kind, ErrorKind::cancelled);
  EXPECT_TRUE(sdk::RealPause().wait(0ms, std::stop_token()));
}

}  // namespace
}  // namespace wye
