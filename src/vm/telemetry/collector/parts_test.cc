#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/encoding.h"
#include "testing/fake_clock.h"
#include "vm/telemetry/collector/body_text.h"
#include "vm/telemetry/collector/budget.h"
#include "vm/telemetry/collector/console_text.h"
#include "vm/telemetry/collector/deadlines.h"
#include "vm/telemetry/collector/object_text.h"

// The pure parts of the collector.
namespace wye::vm {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

TEST(ObjectText, is_json_whatever_it_holds) {
  std::string every;
  for (int c = 0; c < 128; ++c) every += static_cast<char>(c);
  ObjectText inner, out;
  inner.text("a", "x").text_if("left_out", "");
  out.text("text", every + "é😀")
      .number("integer", std::int64_t{-9007199254740991})
      .number("double", 0.1)
      .number("nothing", 1.0 / 0.0)
      .flag("flag", true)
      .members(std::move(inner).finish())
      .members("{}")
      .object("object", {{"k", json::array{1, nullptr}}})
      .raw("raw", "[2]");
  const auto text = std::move(out).finish();
  const auto read = json::parse(text).as_object();
  EXPECT_EQ(read.at("text").as_string(), every + "é😀");
  EXPECT_EQ(read.at("integer").as_int64(), -9007199254740991);
  EXPECT_EQ(read.at("double").as_double(), 0.1);
  EXPECT_EQ(read.at("nothing").as_int64(), 0);
  EXPECT_EQ(read.at("a").as_string(), "x");
  EXPECT_EQ(json::serialize(read.at("object")), R"({"k":[1,null]})");
  EXPECT_EQ(read.size(), 8u);
}

TEST(ObjectText, fields_of_another_type_read_as_nothing) {
  const auto object = json::parse(R"({"s":1,"n":"x","o":[],"b":"true","big":1e300,"neg":-7})").as_object();
  EXPECT_EQ(text_at(object, "s"), "");
  EXPECT_EQ(number_at(object, "n"), 0);
  EXPECT_TRUE(object_at(object, "o").empty());
  EXPECT_FALSE(flag_at(object, "b"));
  EXPECT_EQ(integer_at(object, "big"), 0);
  EXPECT_EQ(integer_at(object, "neg"), -7);
  EXPECT_EQ(text_at(object, "absent"), "");
}

TEST(BodyText, has_the_limit_of_its_type) {
  for (const auto* type : {"application/json", "Application/JSON; charset=x", "application/ld+json",
                           "text/xml", "image/svg+xml", "application/x-www-form-urlencoded"})
    EXPECT_EQ(body_limit(type), kStructuredBody) << type;
  for (const auto* type :
       {"text/html", "text/plain; charset=utf-8", "text/javascript", "application/javascript"})
    EXPECT_EQ(body_limit(type), kOtherTextBody) << type;
  for (const auto* type :
       {"", "image/png", "application/octet-stream", "video/mp4", "font/woff2", "textile/x"})
    EXPECT_EQ(body_limit(type), 0u) << type;
}

TEST(BodyText, is_cut_at_a_character_and_always_utf8) {
  EXPECT_EQ(body_text("short", false, 4096), "short");
  EXPECT_EQ(body_text(std::string(4095, 'x') + "é", false, 4096), std::string(4095, 'x') + "...[truncated]");
  EXPECT_EQ(body_text(std::string(4096, 'x'), false, 4096), std::string(4096, 'x'));
  std::string binary(10'000, '\0');
  for (std::size_t i = 0; i < binary.size(); ++i) binary[i] = static_cast<char>(i * 37);
  const auto cut = body_text(base64(binary), true, 4096);
  EXPECT_TRUE(is_utf8(cut));
  EXPECT_TRUE(cut.ends_with("...[truncated]"));
  EXPECT_EQ(body_text(base64("\"\xff"
                             "a\""),
                      true, 4096),
            "\"\uFFFDa\"");
  EXPECT_EQ(body_text("not base64!", true, 4096), "");
}

TEST(Deadlines, come_in_their_order_and_once) {
  testing::FakeClock clock;
  Deadlines deadlines;
  const Deadlines::Key idle{Deadlines::What::network_idle, "a"}, layout{Deadlines::What::layout_settled, "a"},
      other{Deadlines::What::network_idle, "b"};
  EXPECT_FALSE(deadlines.next());
  deadlines.set(layout, clock.steady() + 1s);
  deadlines.set(idle, clock.steady() + 500ms);
  deadlines.set(other, clock.steady() + 700ms);
  EXPECT_EQ(*deadlines.next(), clock.steady() + 500ms);
  clock.advance(400ms);
  EXPECT_TRUE(deadlines.take_due(clock.steady()).empty());
  deadlines.set(layout, clock.steady() + 1s);  // a second move, which restarts the second
  clock.advance(600ms);
  EXPECT_EQ(deadlines.take_due(clock.steady()), (std::vector{idle, other}));
  deadlines.clear_target("b");
  clock.advance(399ms);
  EXPECT_TRUE(deadlines.take_due(clock.steady()).empty());
  clock.advance(1ms);
  EXPECT_EQ(deadlines.take_due(clock.steady()), std::vector{layout});
  EXPECT_FALSE(deadlines.next());
  deadlines.set(idle, clock.steady());
  deadlines.clear_target("a");
  EXPECT_FALSE(deadlines.next());
}

TEST(Budget, allows_a_burst_and_then_a_rate) {
  testing::FakeClock clock;
  Budget budget(1000, 100);
  int allowed = 0;
  for (int i = 0; i < 100; ++i)
    if (budget.allows(clock.steady())) ++allowed, budget.spend(100);
  EXPECT_EQ(allowed, 10);
  clock.advance(2s);
  for (int i = 0; i < 100; ++i)
    if (budget.allows(clock.steady())) ++allowed, budget.spend(100);
  EXPECT_EQ(allowed, 12);
  budget.spend(1'000'000);
  clock.advance(10s);
  EXPECT_FALSE(budget.allows(clock.steady())) << "the excess is paid back";
  clock.advance(24h);
  EXPECT_TRUE(budget.allows(clock.steady()));
}

json::object parsed(const char* text) { return json::parse(text).as_object(); }

TEST(ConsoleText, shows_arguments_as_a_console_does) {
  struct Row {
    const char* remote;
    const char* shown;
  };
  for (
      const auto& row : {
          Row{R"({"type":"string","value":"a b"})", "a b"},
          Row{R"({"type":"number","value":1.5})", "1.5"},
          Row{R"({"type":"number","value":7})", "7"},
          Row{R"({"type":"object","subtype":"null","value":null})", "null"},
          Row{R"({"type":"undefined"})", "undefined"},
          Row{R"({"type":"bigint","unserializableValue":"3n"})", "3n"},
          Row{R"x({"type":"symbol","description":"Symbol(x)"})x", "Symbol(x)"},
          Row{R"({"type":"object","description":"Object","preview":{"overflow":true,"properties":[{"name":"a","type":"number","value":"1"},{"name":"b","type":"string","value":"q\""}]}})",
              R"({a: 1, b: "q\"", …})"},
          Row{R"x({"type":"object","subtype":"array","description":"Array(2)","preview":{"subtype":"array","properties":[{"name":"0","type":"number","value":"1"},{"name":"1","type":"object","value":"Object"}]}})x",
              "[1, Object]"},
          Row{R"({"type":"object","description":"Point","preview":{"properties":[]}})", "Point {}"},
          Row{R"({"type":"object","subtype":"error","description":"Error: x\n    at y"})",
              "Error: x\n    at y"},
          Row{"{}", ""},
      })
    EXPECT_EQ(argument_text(parsed(row.remote)), row.shown) << row.remote;
}

TEST(ConsoleText, of_exceptions_has_no_stack_and_says_it_once) {
  const auto thrown = [](const char* text, const char* description) {
    json::object details{{"text", text}};
    if (description != nullptr)
      details["exception"] =
          json::object{{"type", "object"}, {"subtype", "error"}, {"description", description}};
    return exception_text(details);
  };
  EXPECT_EQ(thrown("Uncaught", "Error: boom\n    at f (x)"), "Uncaught Error: boom");
  EXPECT_EQ(thrown("Uncaught (in promise)", "why"), "Uncaught (in promise) why");
  EXPECT_EQ(thrown("Uncaught SyntaxError: x", nullptr), "Uncaught SyntaxError: x");
  EXPECT_EQ(thrown("Uncaught SyntaxError: x", "SyntaxError: x"), "Uncaught SyntaxError: x");
}

TEST(ConsoleText, of_stacks_is_bounded) {
  std::string frames;
  for (int i = 0; i < 80; ++i)
    frames += std::string(i ? "," : "") + R"({"functionName":"f","scriptId":"1","url":")" +
              std::string(5000, 'u') + R"(","lineNumber":1,"columnNumber":2})";
  std::string stack = R"({"callFrames":[)" + frames + "]}";
  for (int i = 0; i < 20; ++i) stack = R"({"description":"d","callFrames":[],"parent":)" + stack + "}";
  const auto told = json::parse(stack_text(json::parse(stack).as_object()));
  int depth = 0;
  for (const auto* at = &told.as_object(); at->contains("parent"); at = &at->at("parent").as_object())
    ++depth;
  EXPECT_EQ(depth, kMaxStackParents);
  const auto flat = json::parse(stack_text(json::parse(R"({"callFrames":[)" + frames + "]}").as_object()));
  EXPECT_EQ(flat.as_object().at("callFrames").as_array().size(), kMaxStackFrames);
  EXPECT_LT(json::serialize(flat).size(), 200'000u);
  EXPECT_EQ(stack_text({}), "");
}

}  // namespace
}  // namespace wye::vm
