#include "vm/computer/actions.h"

#include <algorithm>

#include "base/try.h"

namespace wye::vm {
namespace {

constexpr std::uint64_t kFastestKey = 50, kKeySpread = 70, kWordPause = 140, kNoticePause = 250;  // ms
constexpr std::uint64_t kChances = 10'000;

Error outside(ScreenSize screen) {
  return {.kind = ErrorKind::invalid,
          .code = "bad_request",
          .message = "coordinates exceed screen bounds (max: " + std::to_string(screen.width - 1) + "x" +
                     std::to_string(screen.height - 1) + ")"};
}

std::vector<ScreenPoint> points_of(const ComputerAction& action) {
  if (const auto* click = std::get_if<ClickAction>(&action.what)) return {click->at};
  if (const auto* move = std::get_if<MoveAction>(&action.what)) return {move->to};
  if (const auto* scroll = std::get_if<ScrollAction>(&action.what)) return {scroll->at};
  if (const auto* drag = std::get_if<DragAction>(&action.what)) return drag->path;
  return {};
}

// The letter beside it on the keyboard.
char32_t neighbour(char32_t letter) {
  constexpr std::u32string_view kRows[] = {U"qwertyuiop", U"asdfghjkl", U"zxcvbnm"};
  for (const auto row : kRows)
    if (const auto at = row.find(letter); at != row.npos) return row[at + 1 < row.size() ? at + 1 : at - 1];
  return U'x';
}

bool is_letter(char32_t c) { return c >= U'a' && c <= U'z'; }

}  // namespace

net::Task<Result<void>> Actions::check(const ComputerAction& action) {
  const auto points = points_of(action);
  if (points.empty()) co_return Result<void>();
  for (const bool as_it_is : {false, true}) {
    WYE_CO_TRY(const auto screen, co_await backend_.screen_size(as_it_is));
    const bool inside =
        std::all_of(points.begin(), points.end(), [&](ScreenPoint point) { return screen.holds(point); });
    if (inside) co_return Result<void>();
    if (as_it_is) co_return outside(screen);
  }
  co_return Result<void>();
}

net::Task<Result<void>> Actions::run(const ComputerAction& action) {
  WYE_CO_CHECK(co_await check(action));
  Result<void> done = co_await hold(action.held);
  if (done) {
    auto task = std::visit([this](const auto& what) { return run_one(what); }, action.what);
    done = co_await std::move(task);
  }
  co_await release();
  co_return done;
}

net::Task<Result<void>> Actions::hold(std::vector<Key> keys) {
  for (auto& key : keys) WYE_CO_CHECK(co_await press(std::move(key)));
  co_return Result<void>();
}

// A failure of a release is none of the call's: the browser that had the key down is gone.
net::Task<> Actions::release() {
  if (button_) co_await release_button(1);
  co_await let_go();
}

net::Task<> Actions::let_go() {
  while (!down_.empty()) {
    auto key = std::move(down_.back());
    down_.pop_back();
    co_await backend_.press_key(std::move(key), false);
  }
}

// Noted before it is sent: what may be down is released.
net::Task<Result<void>> Actions::press(Key key) {
  down_.push_back(key);
  return backend_.press_key(std::move(key), true);
}

net::Task<Result<void>> Actions::press_button(MouseButton button, int count) {
  button_ = button;
  return backend_.press_button(button, true, count);
}

net::Task<Result<void>> Actions::release_button(int count) {
  const auto button = *std::exchange(button_, std::nullopt);
  return backend_.press_button(button, false, count);
}

// Each move has its time, so that a page that is slow does not make the way longer.
net::Task<Result<void>> Actions::follow(std::vector<MotionStep> way) {
  auto due = std::chrono::steady_clock::now();
  for (const auto& step : way) {
    due += step.pause;
    WYE_CO_CHECK(co_await turns_.pause_until(due, caller_));
    if (step.to != backend_.mouse()) WYE_CO_CHECK(co_await backend_.move_mouse(step.to));
  }
  co_return Result<void>();
}

net::Task<Result<void>> Actions::run_one(const ClickAction& action) {
  WYE_CO_CHECK(co_await backend_.move_mouse(action.at));
  for (int count = 1; count <= action.clicks; ++count) {
    if (caller_.gone) break;
    if (action.presses) WYE_CO_CHECK(co_await press_button(action.button, count));
    if (!action.releases) button_.reset();  // it stays down until a later call
    if (!action.presses) button_ = action.button;
    if (action.releases) WYE_CO_CHECK(co_await release_button(count));
  }
  co_return Result<void>();
}

net::Task<Result<void>> Actions::run_one(const MoveAction& action) {
  if (!action.smooth) co_return co_await backend_.move_mouse(action.to);
  WYE_CO_TRY(const auto screen, co_await backend_.screen_size(false));
  auto way = smooth_way(backend_.mouse(), action.to, screen, action.duration, random_);
  co_return co_await follow(std::move(way));
}

net::Task<Result<void>> Actions::run_one(const DragAction& action) {
  WYE_CO_TRY(const auto screen, co_await backend_.screen_size(false));
  WYE_CO_CHECK(co_await backend_.move_mouse(action.path.front()));
  WYE_CO_CHECK(co_await press_button(action.button, 1));
  if (action.delay.count() > 0) WYE_CO_CHECK(co_await turns_.pause(action.delay, caller_));
  auto way = action.smooth ? smooth_way(action.path, screen, action.duration, random_)
                           : straight_way(action.path, action.steps, action.step_delay);
  WYE_CO_CHECK(co_await follow(std::move(way)));
  co_return co_await release_button(1);
}

net::Task<Result<void>> Actions::run_one(const ScrollAction& action) {
  WYE_CO_CHECK(co_await backend_.move_mouse(action.at));
  if (action.down != 0) WYE_CO_CHECK(co_await backend_.turn_wheel(0, action.down));
  if (action.right != 0) WYE_CO_CHECK(co_await backend_.turn_wheel(action.right, 0));
  co_return Result<void>();
}

net::Task<Result<void>> Actions::type_one(char32_t character) {
  std::u32string one(1, character);
  return backend_.type(std::move(one));
}

// Types a wrong letter, and takes it back.
net::Task<Result<void>> Actions::mistype(char32_t wrong) {
  WYE_CO_CHECK(co_await type_one(wrong));
  WYE_CO_CHECK(co_await turns_.pause(Milliseconds(kNoticePause), caller_));
  co_return co_await type_one(U'\b');
}

net::Task<Result<void>> Actions::type_slowly(const TypeAction& action) {
  const auto odds = static_cast<std::uint64_t>(action.typo_chance * kChances);
  for (std::size_t i = 0; i < action.text.size(); ++i) {
    const auto character = action.text[i];
    auto wait = action.delay;
    if (action.smooth) {
      const bool after_word = i > 0 && action.text[i - 1] == U' ';
      wait = Milliseconds(kFastestKey + random_.below(kKeySpread) + (after_word ? kWordPause : 0));
      if (is_letter(character) && random_.below(kChances) < odds)
        WYE_CO_CHECK(co_await mistype(neighbour(character)));
    }
    if (i > 0 || caller_.gone) WYE_CO_CHECK(co_await turns_.pause(wait, caller_));
    WYE_CO_CHECK(co_await type_one(character));
  }
  co_return Result<void>();
}

net::Task<Result<void>> Actions::run_one(const TypeAction& action) {
  if (action.smooth || action.delay.count() > 0) co_return co_await type_slowly(action);
  constexpr std::size_t kPiece = 64;  // between two looks whether the client is still there
  for (std::size_t at = 0; at < action.text.size(); at += kPiece) {
    WYE_CO_CHECK(co_await turns_.pause(Milliseconds(0), caller_));
    auto piece = action.text.substr(at, kPiece);
    WYE_CO_CHECK(co_await backend_.type(std::move(piece)));
  }
  co_return Result<void>();
}

// A character of the keyboard's upper half goes with Shift.
net::Task<Result<void>> Actions::tap(std::vector<Key> keys) {
  const auto held = down_.size();
  const bool wants_shift = std::any_of(keys.begin(), keys.end(), [](const Key& key) { return key.shifted; });
  const auto is_shift = [](const Key& key) { return key.modifier == kShift; };
  if (wants_shift && std::none_of(keys.begin(), keys.end(), is_shift) &&
      std::none_of(down_.begin(), down_.end(), is_shift))
    keys.insert(keys.begin(), *find_key("Shift_L"));
  WYE_CO_CHECK(co_await hold(std::move(keys)));
  while (down_.size() > held) {
    auto key = std::move(down_.back());
    down_.pop_back();
    WYE_CO_CHECK(co_await backend_.press_key(std::move(key), false));
  }
  co_return Result<void>();
}

net::Task<Result<void>> Actions::run_one(const PressAction& action) {
  if (action.duration.count() > 0) {
    for (const auto& keys : action.keys) WYE_CO_CHECK(co_await hold(keys));
    co_return co_await turns_.pause(action.duration, caller_);
  }
  for (const auto& keys : action.keys) {
    WYE_CO_CHECK(co_await turns_.pause(Milliseconds(0), caller_));
    WYE_CO_CHECK(co_await tap(keys));
  }
  co_return Result<void>();
}

net::Task<Result<void>> Actions::run_one(const CursorAction& action) {
  backend_.show_mouse(!action.hidden);
  co_return Result<void>();
}

net::Task<Result<void>> Actions::run_one(const SleepAction& action) {
  return turns_.pause(action.duration, caller_);
}

}  // namespace wye::vm
