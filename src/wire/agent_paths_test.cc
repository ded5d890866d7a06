#include "wire/agent_paths.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "wire/vm_calls.h"

namespace wye::wire {
namespace {

TEST(AgentPaths, each_is_a_call_that_the_agent_serves_and_no_client_reaches) {
  std::set<std::string_view> operations;
  const auto expect = [&](std::string_view method, std::string_view path) {
    const auto* call = vm_calls().find(method, path.substr(1)).call;
    ASSERT_NE(call, nullptr) << path;
    EXPECT_EQ("/" + std::string(call->tail), path);
    EXPECT_EQ(call->reach, Reach::agent) << path;
    EXPECT_TRUE(call->served) << path;
    operations.insert(call->operation);
  };
  expect("GET", kAgentHealth);
  expect("GET", kAgentHeartbeat);
  expect("GET", kAgentCounters);
  expect("GET", kAgentHold);
  expect("POST", kAgentEnding);
  EXPECT_EQ(operations,
            (std::set<std::string_view>{"counters", "endConnections", "health", "heartbeat", "holdServer"}));
}

}  // namespace
}  // namespace wye::wire
