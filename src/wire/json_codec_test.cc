#include <gtest/gtest.h>

#include "wire/describe.h"

namespace wye::wire {
namespace {

TEST(JsonCodec, absent_fields_stay_absent_in_both_directions) {
  const auto create = from_text<BrowserCreate>(R"({"headless":true,"unknown":1,"name":null})").value();
  EXPECT_EQ(create.headless, true);
  EXPECT_FALSE(create.name);
  EXPECT_EQ(to_text(create), R"({"headless":true})");
}

TEST(JsonCodec, designated_initializers_read_like_the_api) {
  EXPECT_EQ(to_text(BrowserCreate{.headless = true, .telemetry = {.enabled = true}}),
            R"({"headless":true,"telemetry":{"enabled":true}})");
}

TEST(JsonCodec, a_keyword_field_loses_its_underscore) {
  const auto request = from_text<TelemetryRequest>(R"({"export":{"otlp":{"enabled":true}}})").value();
  EXPECT_EQ(request.export_->otlp->enabled, true);
}

TEST(JsonCodec, a_wrong_type_names_the_field) {
  const auto bad = from_text<BrowserCreate>(R"({"viewport":{"width":"wide","height":1}})");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, ErrorKind::invalid);
  EXPECT_EQ(bad.error().message, "viewport.width must be an integer, not string");
}

TEST(JsonCodec, integers_are_whole_and_in_range) {
  EXPECT_EQ(from_text<BrowserCreate>(R"({"timeout_seconds":6e1})").value().timeout_seconds, 60);
  for (const auto* bad : {R"({"timeout_seconds":1.5})", R"({"timeout_seconds":1e300})",
                          R"({"timeout_seconds":18446744073709551615})", R"({"timeout_seconds":true})"})
    EXPECT_FALSE(from_text<BrowserCreate>(bad)) << bad;
}

TEST(JsonCodec, text_is_strict) {
  for (const std::string bad : {"", "{", "{} x", "\xef\xbb\xbf{}", "{\"name\":\"\xff\"}", "[1]", "{'a':1}"})
    EXPECT_FALSE(from_text<BrowserCreate>(bad)) << bad;
}

TEST(JsonCodec, a_number_that_could_not_be_said_again_is_refused_wherever_it_stands) {
  for (const std::string bad : {"1e400", "[1,[-1e999]]", R"({"a":{"b":1e400}})"})
    EXPECT_FALSE(parse_json(bad)) << bad;
  EXPECT_FALSE(from_text<BrowserCreate>(R"({"chrome_policy":{"a":[1e400]}})"));
  EXPECT_TRUE(parse_json("[1e308,-1e-400]"));
}

}  // namespace
}  // namespace wye::wire
