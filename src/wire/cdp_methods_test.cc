#include "wire/cdp_methods.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "wire/telemetry_types.h"

namespace wye::wire {
namespace {

TEST(CdpMethods, are_in_the_order_of_their_names_and_each_is_found) {
  const auto methods = cdp_methods();
  ASSERT_FALSE(methods.empty());
  for (std::size_t at = 0; at < methods.size(); ++at) {
    if (at > 0) {
      EXPECT_LT(methods[at - 1].name, methods[at].name);
    }
    EXPECT_EQ(find_cdp_method(methods[at].name), &methods[at]);
  }
  for (const auto* none : {"", "Page", "Page.navigateX", "Runtime.enable", "page.navigate"})
    EXPECT_EQ(find_cdp_method(none), nullptr) << none;
}

TEST(CdpMethods, the_arguments_of_a_method_have_different_names_in_snake_case) {
  for (const auto& method : cdp_methods()) {
    std::set<std::string> names;
    for (const auto& argument : method.arguments) {
      EXPECT_TRUE(names.insert(argument.name).second) << method.name << " " << argument.name;
      EXPECT_EQ(argument.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string::npos)
          << argument.name;
      EXPECT_EQ(argument.how == Sanitized::word, !argument.words.empty()) << argument.name;
    }
  }
  const auto names_of = [](std::string_view name) {
    std::string out;
    for (const auto& argument : find_cdp_method(name)->arguments) out += argument.name + " ";
    return out;
  };
  EXPECT_EQ(names_of("Browser.setWindowBounds"),
            "window_id bounds_left bounds_top bounds_width bounds_height bounds_window_state ");
  EXPECT_EQ(names_of("DOM.setOuterHTML"), "node_id outer_html_length ");
  EXPECT_EQ(names_of("Page.navigate"), "url_scheme referrer_scheme frame_id ");
}

TEST(CdpMethods, excluded_ones_are_in_the_table_and_named_once) {
  EXPECT_TRUE(check_excluded_methods({}));
  std::vector<std::string> all;
  for (const auto& method : cdp_methods()) all.emplace_back(method.name);
  EXPECT_TRUE(check_excluded_methods(all));

  const auto message = [](std::vector<std::string> methods) {
    const auto checked = check_excluded_methods(methods);
    EXPECT_EQ(checked.error().code, "bad_request");
    return checked.error().message;
  };
  const std::string field = "telemetry.browser.control.cdp.excluded_methods";
  EXPECT_EQ(
      message({"Page.navigate", "Page.enable"}),
      field + "[1] (Page.enable) is not a method that cdp_command tells of (docs/telemetry.md lists them)");
  EXPECT_EQ(message({"Page.close", "Page.close"}), field + "[1] (Page.close) is there twice");
  for (const auto& odd : {std::string("a\nb"), std::string(65, 'x'), std::string("caf\xc3\xa9")})
    EXPECT_EQ(message({odd}).find(field + "[0] is not"), 0u) << odd;
}

TEST(CdpMethods, only_control_takes_them) {
  const TelemetryCommands some{.excluded_methods = {{"Page.close"}}}, wrong{.excluded_methods = {{"Page.x"}}};
  EXPECT_TRUE(check_telemetry_categories({{"control", {true, some}}}));
  EXPECT_TRUE(check_telemetry_categories({{"control", {true, TelemetryCommands{}}}}));
  EXPECT_FALSE(check_telemetry_categories({{"control", {true, wrong}}}));
  EXPECT_FALSE(check_telemetry_categories({{"control", {false, wrong}}}));
  const auto refused = check_telemetry_categories({{"network", {true, some}}});
  EXPECT_EQ(refused.error().message, "telemetry.browser.network.cdp: only control has cdp");
}

}  // namespace
}  // namespace wye::wire
