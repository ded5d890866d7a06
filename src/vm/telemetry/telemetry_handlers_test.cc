#include "vm/telemetry/telemetry_handlers.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "base/unique_fd.h"
#include "testing/fake_clock.h"

namespace wye::vm {
namespace {

/// Telemetry under a clock that stands still.
class PostedEvents : public ::testing::Test {
 protected:
  PostedEvents() { hub_.configure(Categories{"control"}); }
  net::Response post(std::size_t payload, const std::string& category = "control") {
    return handlers_.post_event(R"({"type":"made","category":")" + category + R"(","data":")" +
                                std::string(payload, 'x') + "\"}");
  }
  std::int64_t dropped() { return hub_.dropped(); }

  testing::FakeClock clock_;
  Log log_{LogLevel::off};
  UniqueFd spool_{::memfd_create("spool", MFD_CLOEXEC)};
  TelemetryHub hub_{clock_, log_, events::SpoolLog::open(spool_.get()).value()};
  TelemetryHandlers handlers_{clock_, hub_};
};

TEST_F(PostedEvents, are_refused_beyond_a_burst_and_counted_and_admitted_again_in_time) {
  constexpr std::size_t kLarge = 1'000'000;
  int kept = 0;
  auto answer = post(kLarge);
  for (; answer.status == 200; answer = post(kLarge)) ASSERT_LT(++kept, 20);
  EXPECT_EQ(kept, 9) << "8 MiB";
  EXPECT_EQ(answer.status, 429);
  EXPECT_NE(answer.body.find(R"("code":"rate_limit_exceeded")"), std::string::npos) << answer.body;
  EXPECT_EQ(answer.headers.get("Retry-After"), "2");
  EXPECT_EQ(dropped(), 1);
  EXPECT_NE(handlers_.state().body.find(R"("dropped_events":1)"), std::string::npos);
  EXPECT_EQ(hub_.last_seq(), kept);
  clock_.advance(std::chrono::seconds(2));
  EXPECT_EQ(post(kLarge).status, 200) << "after the announced wait";
}

TEST_F(PostedEvents, that_are_small_are_bounded_too) {
  int kept = 0;
  while (post(0).status == 200) ASSERT_LT(++kept, 100'000);
  EXPECT_LT(kept, 8 * 1024 * 4);
  EXPECT_GT(kept, 10'000);
}

TEST_F(PostedEvents, of_a_category_that_is_off_cost_nothing) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(post(1'000'000, "network").status, 204);
  EXPECT_EQ(post(1).status, 200);
  EXPECT_EQ(dropped(), 0);
}

TEST_F(PostedEvents, the_capture_of_commands_is_set_with_control_and_shown) {
  const auto shown = [&] {
    const auto body = handlers_.state().body;
    const auto begin = body.find(R"("control":)") + 10;
    return body.substr(begin, body.find(R"(,"interaction")") - begin);
  };
  int changes = 0;
  hub_.on_commands([&] { ++changes; });
  const auto patch = [&](const std::string& browser) {
    return handlers_.patch(R"({"browser":{)" + browser + "}}").status;
  };
  EXPECT_EQ(patch(R"("control":{"enabled":true,"cdp":{"excluded_methods":["Page.close"]}})"), 200);
  EXPECT_EQ(shown(), R"({"enabled":true,"cdp":{"excluded_methods":["Page.close"]}})");
  EXPECT_EQ(patch(R"("network":{"enabled":true})"), 200);
  EXPECT_TRUE(hub_.commands()) << "what is not named stays";
  EXPECT_EQ(patch(R"("control":{"enabled":true,"cdp":{"excluded_methods":["Page.x"]}})"), 400);
  EXPECT_EQ(patch(R"("network":{"enabled":true,"cdp":{}})"), 400);
  EXPECT_EQ(hub_.commands()->excluded_methods->front(), "Page.close");
  EXPECT_EQ(patch(R"("control":{"enabled":true})"), 200);
  EXPECT_EQ(shown(), R"({"enabled":true})") << "a setting is replaced as a whole";
  EXPECT_EQ(handlers_.put(R"({"browser":{"control":{"enabled":true,"cdp":{}}}})").status, 200);
  EXPECT_EQ(shown(), R"({"enabled":true,"cdp":{}})");
  EXPECT_EQ(handlers_.put(R"({"browser":{"control":{"enabled":false,"cdp":{}},"network":{"enabled":true}}})")
                .status,
            200);
  EXPECT_FALSE(hub_.commands());
  EXPECT_EQ(handlers_.put("{}").status, 200);
  EXPECT_FALSE(hub_.commands()) << "not in the default set";
  EXPECT_EQ(
      handlers_
          .put(
              R"({"browser":{"control":{"enabled":true,"cdp":{"excluded_methods":["Page.close","Page.close"]}}}})")
          .status,
      400);
  EXPECT_EQ(changes, 6);
  hub_.on_commands(nullptr);
}

}  // namespace
}  // namespace wye::vm
