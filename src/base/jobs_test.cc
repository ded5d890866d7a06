#include "base/jobs.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace wye {
namespace {

using namespace std::chrono_literals;
using Later = std::optional<std::chrono::milliseconds>;

bool comes(std::future<void> what) { return what.wait_for(20s) == std::future_status::ready; }

TEST(Jobs, one_that_waits_for_its_next_time_takes_no_thread) {
  std::promise<void> tried, other;
  std::atomic<int> tries{0};
  Jobs jobs(1);
  jobs.put("fails", [&]() -> Later {
    if (++tries == 1) tried.set_value();
    return 1h;
  });
  ASSERT_TRUE(comes(tried.get_future()));
  jobs.put("other", [&]() -> Later {
    other.set_value();
    return std::nullopt;
  });
  EXPECT_TRUE(comes(other.get_future()));
  EXPECT_EQ(tries, 1);
}

TEST(Jobs, one_that_is_to_run_again_runs_again_until_it_is_done) {
  std::promise<void> done;
  std::atomic<int> tries{0};
  Jobs jobs(2);
  jobs.put("a", [&]() -> Later {
    if (++tries < 3) return 1ms;
    done.set_value();
    return std::nullopt;
  });
  ASSERT_TRUE(comes(done.get_future()));
  jobs.stop();
  EXPECT_EQ(tries, 3);
}

TEST(Jobs, putting_one_that_runs_makes_it_run_once_more_and_never_twice_at_once) {
  std::promise<void> begun, go_on, again;
  std::atomic<int> runs{0}, at_once{0}, most{0};
  Jobs jobs(2);
  const auto job = [&]() -> Later {
    most = std::max(most.load(), ++at_once);
    if (++runs == 1) {
      begun.set_value();
      go_on.get_future().wait();
    } else {
      again.set_value();
    }
    --at_once;
    return std::nullopt;
  };
  jobs.put("a", job);
  ASSERT_TRUE(comes(begun.get_future()));
  jobs.put("a", job);
  jobs.put("a", job);
  go_on.set_value();
  ASSERT_TRUE(comes(again.get_future()));
  jobs.stop();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(most, 1);
}

TEST(Jobs, putting_one_that_waits_brings_it_forward) {
  std::promise<void> first, second;
  std::atomic<int> runs{0};
  Jobs jobs(1);
  const auto job = [&]() -> Later {
    (++runs == 1 ? first : second).set_value();
    return 1h;
  };
  jobs.put("a", job);
  ASSERT_TRUE(comes(first.get_future()));
  // It may still be running; then it also runs once more.
  jobs.put("a", job);
  EXPECT_TRUE(comes(second.get_future()));
}

TEST(Jobs, what_is_put_after_the_end_is_dropped) {
  Jobs jobs(1);
  jobs.stop();
  jobs.put("a", [] { return Later(); });
}

}  // namespace
}  // namespace wye
