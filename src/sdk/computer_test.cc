// Mouse, keyboard, screen and clipboard: what the calls send, and what they make of answers, of hostile ones
// too.
#include <boost/json/parse.hpp>

#include "sdk/testing/sdk_fixture.h"
#include "wye/browser_computer.h"

namespace wye {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::answer;
using testing::Play;
using testing::SeenRequest;

std::string png(std::string size = "\0\0\1\2\0\0\0\3"s) {
  return "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s + size + "\x08\6\0\0\0crc!"s + "\0\0\0\0IEND\xae\x42\x60\x82"s;
}

class ComputerCalls : public testing::SdkTest {
 protected:
  ComputerCalls() { options_.max_retries = 0; }
  Computer computer() { return client().browsers().computer(); }
  void play(int status, const std::string& body) {
    script_ = [status, body](const SeenRequest&) { return answer(status, body); };
  }
  void expect_sent(const std::string& name, const char* body) {
    EXPECT_EQ(server_.last_seen().line, "POST /browsers/b/computer/" + name + " HTTP/1.1");
    EXPECT_EQ(boost::json::parse(server_.last_seen().body), boost::json::parse(body)) << name;
  }
};

TEST_F(ComputerCalls, say_what_is_to_be_done) {
  EXPECT_TRUE(computer().click("b", {.x = 3, .y = 4}));
  expect_sent("click_mouse",
              R"({"x":3,"y":4,"num_clicks":1,"button":"left","click_type":"click","hold_keys":[]})");
  EXPECT_TRUE(computer().click("b", {.button = MouseButton::back, .type = ClickType::down, .count = 2}));
  expect_sent("click_mouse",
              R"({"x":0,"y":0,"num_clicks":2,"button":"back","click_type":"down","hold_keys":[]})");
  EXPECT_TRUE(computer().move("b", {.x = 1, .y = 2, .smooth = false, .hold_keys = {"alt"}}));
  expect_sent("move_mouse", R"({"x":1,"y":2,"smooth":false,"hold_keys":["alt"]})");
  EXPECT_TRUE(computer().drag("b", {.path = {{1, 2}, {3, 4}}, .delay_ms = 5, .step_delay_ms = 6}));
  expect_sent("drag_mouse",
              R"({"path":[[1,2],[3,4]],"button":"left","delay":5,"step_delay_ms":6,"hold_keys":[]})");
  EXPECT_TRUE(computer().scroll("b", {.x = 1, .y = 2, .delta_y = -3}));
  expect_sent("scroll", R"({"x":1,"y":2,"delta_x":0,"delta_y":-3,"hold_keys":[]})");
  EXPECT_TRUE(computer().type("b", {.text = "Zürich", .delay_ms = 7, .typo_chance = 0.5}));
  expect_sent("type", R"({"text":"Zürich","delay":7,"typo_chance":0.5})");
  EXPECT_TRUE(computer().press("b", {.keys = {"Ctrl+a", "Return"}, .duration_ms = 8}));
  expect_sent("press_key", R"({"keys":["Ctrl+a","Return"],"duration":8,"hold_keys":[]})");
  EXPECT_TRUE(computer().set_cursor("b", {.hidden = true}));
  expect_sent("cursor", R"({"hidden":true})");
  EXPECT_TRUE(computer().write_clipboard("b", "kept"));
  expect_sent("clipboard/write", R"({"text":"kept"})");
  EXPECT_TRUE(computer().batch("b", {MouseCursor{}, ComputerPause{9}, TypedText{.text = "x"}}));
  expect_sent("batch", R"({"actions":[{"type":"set_cursor","set_cursor":{"hidden":false}},)"
                       R"({"type":"sleep","sleep":{"duration_ms":9}},)"
                       R"({"type":"type_text","type_text":{"text":"x"}}]})");
  EXPECT_EQ(computer().click("..", {}).error().kind, ErrorKind::invalid);
}

TEST_F(ComputerCalls, give_position_clipboard_and_picture) {
  play(200, R"({"x":7,"y":9})");
  const auto at = computer().mouse_position("b").value();
  EXPECT_EQ(at.x * 100 + at.y, 709);
  play(200, R"({"text":""})");
  EXPECT_EQ(computer().read_clipboard("b").value(), "");
  play(200, png());
  const auto picture = computer().screenshot("b", ScreenRegion{1, 2, 258, 3}).value();
  expect_sent("screenshot", R"({"region":{"x":1,"y":2,"width":258,"height":3}})");
  EXPECT_EQ(picture.png, png());
  EXPECT_EQ(picture.width * 10 + picture.height, 2583);
  EXPECT_TRUE(computer().screenshot("b"));
  expect_sent("screenshot", "{}");
}

TEST_F(ComputerCalls, hostile_answers_are_named) {
  auto cut = png();
  cut.pop_back();
  for (const auto& body : {""s, "{}"s, "\x89PNG\r\n\x1a\n"s, cut, "x" + png(), png("\0\0\0\0\0\0\0\3"s),
                           png("\xff\xff\xff\xff\0\0\0\3"s)}) {
    play(200, body);
    EXPECT_EQ(computer().screenshot("b").error().code, "bad_answer") << body;
  }
  for (const auto* body : {"", "[]", "{}", "{\"x\":1}", "{\"x\":1.5,\"y\":2}", "{\"x\":\"1\",\"y\":2}"}) {
    play(200, body);
    EXPECT_EQ(computer().mouse_position("b").error().code, "bad_answer") << body;
  }
  for (const auto* body : {"", "[]", "{}", "{\"text\":7}", "{\"text\":null}", "\"text\""}) {
    play(200, body);
    EXPECT_EQ(computer().read_clipboard("b").error().code, "bad_answer") << body;
  }
}

TEST_F(ComputerCalls, a_picture_beyond_the_bound_is_refused_by_its_head) {
  script_ = [](const SeenRequest&) {
    return Play{.bytes = "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 201326593\r\n\r\n" +
                         png()};
  };
  EXPECT_EQ(computer().screenshot("b").error().code, "answer_too_large");
}

TEST_F(ComputerCalls, errors_have_their_kinds) {
  const auto kind = [this](int status, const char* code) {
    play(status, R"({"code":")"s + code + R"(","message":"m"})");
    const auto clicked = computer().click("b", {}).error();
    const auto taken = computer().screenshot("b").error();
    EXPECT_EQ(clicked.code + taken.code, std::string(code) + code);
    EXPECT_EQ(clicked.kind, taken.kind);
    return clicked.kind;
  };
  EXPECT_EQ(kind(400, "bad_request"), ErrorKind::invalid);
  EXPECT_EQ(kind(409, "dialog_open"), ErrorKind::conflict);
  EXPECT_EQ(kind(429, "rate_limited"), ErrorKind::overloaded);
  EXPECT_EQ(kind(503, "upstream_unavailable"), ErrorKind::disconnected);
}

TEST_F(ComputerCalls, input_that_may_have_come_is_not_sent_again) {
  options_.max_retries = 2;
  script_ = [](const SeenRequest&) { return Play{.bytes = "", .reset = true}; };
  EXPECT_FALSE(computer().click("b", {}));
  EXPECT_FALSE(computer().type("b", {.text = "x"}));
  EXPECT_FALSE(computer().batch("b", {MouseClick{}}));
  EXPECT_EQ(asked(), 3u);
  script_ = [](const SeenRequest&) {
    return answer(503, "{}", "Retry-After: 1\r\nx-should-retry: false\r\n");
  };
  EXPECT_FALSE(computer().press("b", {.keys = {"a"}}));
  EXPECT_EQ(asked(), 4u) << "it had begun";
  script_ = [](const SeenRequest&) { return answer(429, "{}", "Retry-After: 1\r\n"); };
  EXPECT_FALSE(computer().press("b", {.keys = {"a"}}));
  EXPECT_EQ(asked(), 7u) << "it had not";
}

TEST_F(ComputerCalls, wait_longer_than_what_they_ask_for_takes) {
  script_ = [this](const SeenRequest&) {
    clock_->advance(100s);  // after an attempt, no second one when its time is over
    return answer(503, "{}", "Retry-After: 1\r\n");
  };
  const auto attempts = [this](auto&& call) {
    const auto before = asked();
    (void)call(computer());
    return asked() - before;
  };
  const CallOptions twice{.max_retries = 1}, bounded{.timeout = 60s, .max_retries = 1};
  const TypedText slow{.text = std::string(100, 'x'), .delay_ms = 1000};
  EXPECT_EQ(attempts([&](auto c) { return c.type("b", slow, twice); }), 2u);
  EXPECT_EQ(attempts([&](auto c) { return c.type("b", slow, bounded); }), 1u) << "a timeout of the caller's";
  EXPECT_EQ(attempts([&](auto c) { return c.type("b", {.text = "x"}, twice); }), 1u);
  EXPECT_EQ(attempts([&](auto c) {
              return c.press("b", {.keys = {"a", "b"}, .duration_ms = 60'000}, twice);
            }),
            2u);
  EXPECT_EQ(attempts([&](auto c) {
              return c.drag("b",
                            {.path = {{}, {}},
                             .smooth = false,
                             .steps_per_segment = 1000,
                             .step_delay_ms = std::numeric_limits<std::int64_t>::max()},
                            twice);
            }),
            2u);
  EXPECT_EQ(attempts([&](auto c) {
              return c.batch("b", std::vector<ComputerAction>(4, ComputerPause{30'000}), twice);
            }),
            2u);
}

}  // namespace
}  // namespace wye
