// What actions release when an event fails, whichever it is, and when the client goes away.
#include "vm/computer/actions.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <set>

namespace wye::vm {
namespace {

/// Keeps what is down, and fails at one event.
class FailingDisplay final : public ComputerBackend {
 public:
  explicit FailingDisplay(int fails_at) : fails_at_(fails_at) {}
  int events = 0;
  std::multiset<std::string> down;
  std::function<void()> on_event;

  net::Task<Result<void>> begin() override { co_return Result<void>(); }
  net::Task<Result<ScreenSize>> screen_size(bool) override { co_return ScreenSize{800, 600}; }
  [[nodiscard]] ScreenPoint mouse() const override { return mouse_; }
  net::Task<Result<void>> move_mouse(ScreenPoint to) override {
    mouse_ = to;
    return event();
  }
  net::Task<Result<void>> press_button(MouseButton button, bool pressed, int) override {
    note("button " + std::to_string(static_cast<int>(button)), pressed);
    return event();
  }
  net::Task<Result<void>> turn_wheel(int, int) override { return event(); }
  net::Task<Result<void>> press_key(Key key, bool pressed) override {
    note(key.key, pressed);
    return event();
  }
  net::Task<Result<void>> type(std::u32string) override { return event(); }
  void show_mouse(bool) override {}
  net::Task<Result<std::string>> picture() override { co_return std::string(); }
  net::Task<Result<std::string>> read_clipboard() override { co_return std::string(); }
  net::Task<Result<void>> write_clipboard(std::string) override { co_return Result<void>(); }

 private:
  // An event that fails may have had its effect.
  void note(const std::string& what, bool pressed) {
    if (pressed)
      down.insert(what);
    else if (const auto at = down.find(what); at != down.end())
      down.erase(at);
  }
  net::Task<Result<void>> event() {
    if (on_event) on_event();
    if (events++ == fails_at_)
      co_return Error{.kind = ErrorKind::disconnected, .code = "upstream_unavailable", .message = "gone"};
    co_return Result<void>();
  }

  const int fails_at_;
  ScreenPoint mouse_;
};

class Zeros final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override { std::fill(out.begin(), out.end(), std::uint8_t{0}); }
};

Result<void> run(FailingDisplay& display, const ComputerAction& action, Caller& caller) {
  boost::asio::io_context io(1);
  Turns turns(io, 1, std::chrono::seconds(1));
  Zeros random;
  Result<void> out;
  boost::asio::co_spawn(
      io,
      [&]() -> net::Task<> {
        Actions actions(display, turns, caller, random);
        out = co_await actions.run(action);
      },
      boost::asio::detached);
  io.run();
  return out;
}

const std::string kActions[] = {
    R"({"type":"click_mouse","click_mouse":{"x":1,"y":1,"num_clicks":2,"hold_keys":["Ctrl","Shift"]}})",
    R"({"type":"drag_mouse","drag_mouse":{"path":[[1,1],[9,9]],"smooth":false,"step_delay_ms":0,"hold_keys":["Alt"]}})",
    R"({"type":"drag_mouse","drag_mouse":{"path":[[1,1],[9,9]],"duration_ms":50,"button":"right"}})",
    R"({"type":"press_key","press_key":{"keys":["Ctrl+Shift+a","B"],"hold_keys":["Alt"]}})",
    R"({"type":"press_key","press_key":{"keys":["a","Ctrl+b"],"duration":1}})",
    R"({"type":"scroll","scroll":{"x":1,"y":1,"delta_x":1,"delta_y":1,"hold_keys":["Shift"]}})",
    R"({"type":"move_mouse","move_mouse":{"x":1,"y":1,"smooth":false,"hold_keys":["Meta","Alt","Ctrl"]}})",
    R"({"type":"type_text","type_text":{"text":"abc"}})",
};

ComputerAction action_of(const std::string& text) {
  return read_batch(R"({"actions":[)" + text + "]}").value().front();
}

TEST(Actions, release_everything_whichever_event_fails) {
  for (const auto& text : kActions) {
    const auto action = action_of(text);
    Caller caller;
    FailingDisplay whole(-1);
    ASSERT_TRUE(run(whole, action, caller)) << text;
    EXPECT_TRUE(whole.down.empty()) << text;
    ASSERT_GT(whole.events, 0);
    int failed = 0;
    for (int at = 0; at < whole.events; ++at) {
      FailingDisplay display(at);
      failed += run(display, action, caller) ? 0 : 1;
      EXPECT_TRUE(display.down.empty()) << text << " fails at " << at << ": " << *display.down.begin();
    }
    EXPECT_GT(failed, 0) << text;
  }
}

TEST(Actions, release_everything_when_the_client_goes_away_at_any_event) {
  for (const auto& text : kActions) {
    const auto action = action_of(text);
    Caller stays;
    FailingDisplay whole(-1);
    ASSERT_TRUE(run(whole, action, stays));
    for (int at = 0; at < whole.events; ++at) {
      Caller caller;
      FailingDisplay display(-1);
      display.on_event = [&] { caller.gone = caller.gone || display.events == at; };
      run(display, action, caller);
      EXPECT_TRUE(display.down.empty()) << text << " at " << at;
    }
  }
}

TEST(Actions, a_button_may_stay_down_for_the_next_call) {
  FailingDisplay display(-1);
  Caller caller;
  ASSERT_TRUE(run(display,
                  action_of(R"({"type":"click_mouse","click_mouse":{"x":1,"y":1,"click_type":"down"}})"),
                  caller));
  EXPECT_EQ(display.down.size(), 1u);
  ASSERT_TRUE(run(
      display, action_of(R"({"type":"click_mouse","click_mouse":{"x":1,"y":1,"click_type":"up"}})"), caller));
  EXPECT_TRUE(display.down.empty());
}

TEST(Actions, nothing_is_sent_when_a_point_is_outside) {
  FailingDisplay display(-1);
  Caller caller;
  const auto done =
      run(display,
          action_of(R"({"type":"drag_mouse","drag_mouse":{"path":[[1,1],[800,1]],"hold_keys":["Alt"]}})"),
          caller);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message, "coordinates exceed screen bounds (max: 799x599)");
  EXPECT_EQ(display.events, 0);
}

}  // namespace
}  // namespace wye::vm
