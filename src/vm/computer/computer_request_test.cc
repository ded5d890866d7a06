#include "vm/computer/computer_request.h"

#include <gtest/gtest.h>

namespace wye::vm {
namespace {

template <class Action>
Action of(const Result<ComputerAction>& read) {
  return std::get<Action>(read.value().what);
}

TEST(ComputerRequest, has_defaults) {
  const auto click = of<ClickAction>(read_click(R"({"x":3,"y":4})"));
  EXPECT_EQ(click.at, (ScreenPoint{3, 4}));
  EXPECT_TRUE(click.button == MouseButton::left && click.presses && click.releases && click.clicks == 1);
  const auto move = of<MoveAction>(read_move(R"({"x":3,"y":4})"));
  EXPECT_TRUE(move.smooth && !move.duration);
  const auto drag = of<DragAction>(read_drag(R"({"path":[[1,2],[3,4]]})"));
  EXPECT_TRUE(drag.smooth && drag.steps == 10 && drag.step_delay.count() == 50 && drag.delay.count() == 0);
  const auto scroll = of<ScrollAction>(read_scroll(R"({"x":1,"y":1,"delta_y":-2})"));
  EXPECT_TRUE(scroll.right == 0 && scroll.down == -2);
  EXPECT_FALSE(of<TypeAction>(read_type(R"({"text":""})")).smooth);
  EXPECT_EQ(of<PressAction>(read_press(R"({"keys":["Ctrl+a","b"]})")).keys.size(), 2u);
  EXPECT_FALSE(read_screenshot("").value());
  EXPECT_EQ(read_screenshot(R"({"region":{"x":1,"y":2,"width":3,"height":4}})").value()->height, 4);
}

TEST(ComputerRequest, parts_of_a_click_hold_no_count) {
  const auto down =
      of<ClickAction>(read_click(R"({"x":1,"y":1,"click_type":"down","num_clicks":3,"button":"forward"})"));
  EXPECT_TRUE(down.presses && !down.releases && down.clicks == 1 && down.button == MouseButton::forward);
  const auto up = of<ClickAction>(read_click(R"({"x":1,"y":1,"click_type":"up"})"));
  EXPECT_TRUE(!up.presses && up.releases);
}

TEST(ComputerRequest, a_line_break_is_one_key) {
  EXPECT_EQ(of<TypeAction>(read_type(R"({"text":"a\r\nb\nc\rd"})")).text, U"a\rb\nc\rd");
}

TEST(ComputerRequest, coordinates_that_no_screen_has_stay_outside) {
  const auto far = of<ClickAction>(read_click(R"({"x":9000000000000000000,"y":-9000000000000000000})"));
  EXPECT_FALSE((ScreenSize{16'384, 16'384}.holds(far.at)));
}

TEST(ComputerRequest, the_limits_are_taken_and_no_more) {
  const auto text = [](std::size_t size) { return R"({"text":")" + std::string(size, 'x') + "\"}"; };
  EXPECT_TRUE(read_type(text(kLongestText)));
  EXPECT_FALSE(read_type(text(kLongestText + 1)));
  EXPECT_TRUE(read_clipboard_text(text(kLongestClipboard)));
  EXPECT_FALSE(read_clipboard_text(text(kLongestClipboard + 1)));
  const auto list = [](std::string_view name, std::size_t size, std::string_view one) {
    std::string out = "{\"" + std::string(name) + "\":[";
    for (std::size_t i = 0; i < size; ++i) out.append(i == 0 ? "" : ",").append(one);
    return out + "]}";
  };
  EXPECT_TRUE(read_drag(list("path", kMostPoints, "[1,1]")));
  EXPECT_FALSE(read_drag(list("path", kMostPoints + 1, "[1,1]")));
  EXPECT_TRUE(read_press(list("keys", kMostKeys, "\"a\"")));
  EXPECT_FALSE(read_press(list("keys", kMostKeys + 1, "\"a\"")));
  const std::string_view sleep = R"({"type":"sleep","sleep":{"duration_ms":30000}})";
  EXPECT_EQ(read_batch(list("actions", kMostActions, sleep)).value().size(), kMostActions);
  EXPECT_FALSE(read_batch(list("actions", kMostActions + 1, sleep)));
}

TEST(ComputerRequest, an_error_in_a_batch_names_the_action) {
  const auto read =
      read_batch(R"({"actions":[{"type":"sleep","sleep":{"duration_ms":1}},{"type":"scroll"}]})");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "actions[1]: scroll is required when type is scroll");
}

TEST(ComputerRequest, a_call_without_parameters_takes_an_object_or_nothing) {
  EXPECT_TRUE(read_nothing(""));
  EXPECT_TRUE(read_nothing(R"({"any":1})"));
  EXPECT_FALSE(read_nothing("[]"));
  EXPECT_FALSE(read_nothing("x"));
}

}  // namespace
}  // namespace wye::vm
