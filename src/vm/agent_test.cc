// The agent as a whole, without a Chromium.
#include "vm/agent.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include "wire/testing/sample_tail.h"
#include "wire/vm_calls.h"

namespace wye::vm {
namespace {

TEST(AgentCalls, are_those_that_the_table_says_are_served) {
  const SystemClock clock;
  const Log log(LogLevel::off);
  const UniqueFd spool(::memfd_create("spool", MFD_CLOEXEC));
  boost::asio::io_context io(1);
  ServiceLogs logs;
  const Agent agent(io, wire::AgentConfig{}, events::SpoolLog::open(spool.get()).value(), clock, log, logs);
  for (const auto& call : wire::vm_calls().rows())
    for (const auto& tail : wire::testing::sample_tails(call)) {
      const auto method = call.method == "*" ? std::string_view("POST") : call.method;
      EXPECT_EQ(agent.calls().serves(method, "/" + tail), call.served) << call.method << " " << tail;
      EXPECT_FALSE(agent.calls().serves("BREW", "/" + tail) && call.method != "*") << tail;
    }
}

}  // namespace
}  // namespace wye::vm
