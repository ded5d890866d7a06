#include "host/bubblewrap/host_limits.h"

#include <gtest/gtest.h>

#include <limits>

namespace wye::host {
namespace {

TEST(HostLimits, what_lasts_is_said_with_its_value) {
  const HostLimit limit{
      .name = "kernel.pty.max", .setting = "sysctl kernel.pty.max=", .has = 100, .per_vm = 8, .own = 20};
  EXPECT_EQ(judge(limit, 10).health, Health::ok) << "exactly";
  EXPECT_EQ(judge(limit, 10).found, "100");
  EXPECT_EQ(judge(limit, 10).next_step, "");
}

TEST(HostLimits, what_does_not_last_names_the_setting_and_how_far_it_lasts) {
  const HostLimit limit{
      .name = "kernel.pty.max", .setting = "sysctl kernel.pty.max=", .has = 99, .per_vm = 8, .own = 20};
  const auto finding = judge(limit, 10);
  EXPECT_EQ(finding.health, Health::warning);
  EXPECT_EQ(finding.found, "99, and 10 browsers may need 100");
  EXPECT_EQ(finding.next_step, "sysctl kernel.pty.max=100, or wye serve --max-sessions 9");
}

TEST(HostLimits, what_does_not_grow_with_sessions_names_the_setting_alone) {
  const HostLimit limit{.name = "a", .setting = "sysctl a=", .has = 10, .per_vm = 0, .own = 64};
  EXPECT_EQ(judge(limit, 1).next_step, "sysctl a=64");
  const HostLimit memory{.name = "memory (MiB)", .has = 1024, .per_vm = 256, .own = 512};
  EXPECT_EQ(judge(memory, 8).next_step, "wye serve --max-sessions 2");
}

// On any host: no session needs no more than the host itself, and each limit is too low for enough sessions.
TEST(HostLimits, this_hosts_are_judged_by_the_number_of_sessions) {
  for (const auto& limit : host_limits()) {
    EXPECT_FALSE(limit.name.empty());
    if (limit.per_vm == 0 || limit.has == std::numeric_limits<std::int64_t>::max()) continue;
    const auto sessions = limit.has / limit.per_vm + 1;
    const auto finding = judge(limit, sessions);
    EXPECT_EQ(finding.health, Health::warning) << limit.name;
    EXPECT_NE(finding.next_step, "") << limit.name;
  }
  EXPECT_FALSE(examine_host_limits(1).empty());
}

}  // namespace
}  // namespace wye::host
