#include "control/browsers/telemetry_settings.h"

#include <gtest/gtest.h>

#include "wire/telemetry_types.h"

namespace wye::control {
namespace {

std::string state_of(const std::string& browser) {
  return R"({"seq":7,"config":{"browser":{)" + browser + "}}}";
}

TEST(TelemetryOfAgent, what_is_on_is_taken) {
  const auto on = telemetry_of_agent(state_of(R"("control":{"enabled":true},"network":{"enabled":false})"));
  ASSERT_TRUE(on && *on);
  EXPECT_EQ((*on)->size(), 1u);
  EXPECT_TRUE((*on)->at("control").enabled);
}

TEST(TelemetryOfAgent, nothing_on_is_off) {
  EXPECT_FALSE(*telemetry_of_agent(state_of(R"("control":{"enabled":false})")));
  EXPECT_FALSE(*telemetry_of_agent(state_of("")));
}

TEST(TelemetryOfAgent, names_that_cannot_be_set_are_left_out_however_many) {
  std::string names = R"("control":{"enabled":true},"monitor":{"enabled":true})";
  for (int i = 0; i < 60'000; ++i) names += R"(,"name)" + std::to_string(i) + R"(":{"enabled":true})";
  const auto on = telemetry_of_agent(state_of(names));
  ASSERT_TRUE(on && *on);
  EXPECT_EQ((*on)->size(), 1u);
}

TEST(TelemetryOfAgent, a_capture_of_commands_that_could_not_be_set_is_left_out) {
  const auto on = telemetry_of_agent(state_of(
      R"("control":{"enabled":true,"cdp":{"excluded_methods":["Page.close"]}},"network":{"enabled":true})"));
  EXPECT_EQ((*on)->at("control").cdp->excluded_methods->front(), "Page.close");
  const auto wrong = telemetry_of_agent(state_of(
      R"("control":{"enabled":true,"cdp":{"excluded_methods":["Page.x"]}},"network":{"enabled":true,"cdp":{}})"));
  EXPECT_FALSE(*wrong);
}

TEST(TelemetryOfAgent, what_is_no_state_is_an_error) {
  for (const auto* text : {"", "[]", "null", R"({"config":7})", R"({"config":{"browser":[]}})",
                           R"({"config":{"browser":{"control":true}}})"})
    EXPECT_FALSE(telemetry_of_agent(text)) << text;
}

}  // namespace
}  // namespace wye::control
