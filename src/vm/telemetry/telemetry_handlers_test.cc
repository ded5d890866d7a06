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

}  // namespace
}  // namespace wye::vm
