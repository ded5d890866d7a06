#include "vm/computer/cdp_backend.h"

#include <cstdlib>

#include "base/try.h"
#include "vm/computer/computer_request.h"
#include "vm/curl/json_fields.h"
#include "vm/served_calls.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr auto kHandledWithin = std::chrono::milliseconds(1'000);
constexpr auto kTypedWithin = std::chrono::milliseconds(5'000);
constexpr std::size_t kMostOwed = 32;
constexpr int kTick = 120;  // pixels, as a wheel's tick of a real display

struct ButtonNames {
  std::string_view name;
  int bit;
};
ButtonNames names_of(MouseButton button) {
  switch (button) {
    case MouseButton::left:
      return {"left", 1};
    case MouseButton::right:
      return {"right", 2};
    case MouseButton::middle:
      return {"middle", 4};
    case MouseButton::back:
      return {"back", 8};
    case MouseButton::forward:
      return {"forward", 16};
  }
  return {"none", 0};
}

std::string_view first_of(int buttons) {
  for (const auto button :
       {MouseButton::left, MouseButton::right, MouseButton::middle, MouseButton::back, MouseButton::forward})
    if ((buttons & names_of(button).bit) != 0) return names_of(button).name;
  return "none";
}

Error dialog_open(const PageDialog& dialog) {
  return {.kind = ErrorKind::conflict,
          .code = "dialog_open",
          .message = "a JavaScript dialog (" + dialog.type +
                     ") is open; press Return to accept it or Escape to dismiss it"};
}

Error needs_window() {
  return {.kind = ErrorKind::unsupported,
          .code = "not_implemented",
          .message = "a headless browser has no window for this key",
          .status = 501};
}

}  // namespace

CdpBackend::CdpBackend(boost::asio::io_context& io, Browser& browser, CdpClipboard::HiddenPage hidden_page)
    : pages_(io, browser), pictures_(io, pages_), clipboard_(std::move(hidden_page)) {}

void CdpBackend::attach(std::shared_ptr<CdpChannel> channel) {
  pages_.attach(std::move(channel));
  page_.reset();
  buttons_ = modifiers_ = 0;
  kept_.clear();
}

net::Task<Result<void>> CdpBackend::begin() {
  WYE_CO_TRY(page_, co_await pages_.active());
  co_return Result<void>();
}

net::Task<Result<ScreenSize>> CdpBackend::screen_size(bool as_it_is) {
  const auto page = page_;
  if (!page) co_return browser_starting();
  if (page->size && !as_it_is) co_return *page->size;
  co_return co_await pictures_.measure(page);
}

// Sends an event. A page that the event closes, or that does not react, has got it all the same.
net::Task<Result<void>> CdpBackend::dispatch(std::string method, json::object params) {
  const auto page = page_;
  if (!page) co_return browser_starting();
  if (page->dialog) co_return dialog_open(*page->dialog);
  const auto reply = pages_.send(page, std::move(method), std::move(params));
  const bool answered = co_await pages_.answered(page, reply, kHandledWithin);
  const bool closed = page->gone && pages_.channel();
  if (!answered || closed || *reply->answer) co_return Result<void>();
  co_return reply->answer->error();
}

json::object CdpBackend::mouse_event(std::string_view type) const {
  return fields("type", std::string(type), "x", mouse_.x, "y", mouse_.y, "modifiers", modifiers_, "buttons",
                buttons_);
}

net::Task<Result<void>> CdpBackend::move_mouse(ScreenPoint to) {
  mouse_ = to;
  auto event = mouse_event("mouseMoved");
  event["button"] = first_of(buttons_);
  return dispatch("Input.dispatchMouseEvent", std::move(event));
}

net::Task<Result<void>> CdpBackend::press_button(MouseButton button, bool down, int count) {
  const auto names = names_of(button);
  buttons_ = down ? buttons_ | names.bit : buttons_ & ~names.bit;
  auto event = mouse_event(down ? "mousePressed" : "mouseReleased");
  event["button"] = names.name;
  event["clickCount"] = count;
  if (!down) return release_later("Input.dispatchMouseEvent", std::move(event));
  return dispatch("Input.dispatchMouseEvent", std::move(event));
}

// Sends a release. Behind a dialog it waits for its end: otherwise the page would go on believing in a button
// or key that is down.
net::Task<Result<void>> CdpBackend::release_later(std::string method, json::object params) {
  const auto page = page_;
  if (!page || !page->dialog) co_return co_await dispatch(std::move(method), std::move(params));
  if (page->owed.size() < kMostOwed) page->owed.push_back({std::move(method), std::move(params)});
  co_return Result<void>();
}

// All ticks are under way before the last one is waited for: a page handles them once a frame.
net::Task<Result<void>> CdpBackend::turn_wheel(int right, int down) {
  const int ticks = std::abs(right) + std::abs(down);
  const auto tick = [&] {
    auto event = mouse_event("mouseWheel");
    event["button"] = "none";
    event["deltaX"] = right == 0 ? 0 : right > 0 ? kTick : -kTick;
    event["deltaY"] = down == 0 ? 0 : down > 0 ? kTick : -kTick;
    return event;
  };
  const auto page = page_;
  if (page && !page->dialog)
    for (int i = 1; i < ticks; ++i) pages_.send(page, "Input.dispatchMouseEvent", tick());
  return dispatch("Input.dispatchMouseEvent", tick());
}

json::object CdpBackend::key_event(const Key& plain, bool down, int modifiers) const {
  const auto key = (modifiers & kShift) != 0 ? with_shift(plain) : plain;
  const bool types =
      down && !key.text.empty() && ((modifiers & (kControl | kAlt | kMeta)) == 0 || key.windows_code == 13);
  auto out = fields("type",
                    std::string(!down   ? "keyUp"
                                : types ? "keyDown"
                                        : "rawKeyDown"),
                    "modifiers", modifiers, "key", key.key, "code", key.code, "windowsVirtualKeyCode",
                    key.windows_code, "location", key.location, "isKeypad", key.location == 3);
  if (types) out["text"] = out["unmodifiedText"] = key.text;
  return out;
}

net::Task<Result<void>> CdpBackend::press_key(Key key, bool down) {
  modifiers_ = down ? modifiers_ | key.modifier : modifiers_ & ~key.modifier;
  if (!down) {
    if (kept_.erase(key.keysym) > 0) co_return Result<void>();
    co_return co_await release_later("Input.dispatchKeyEvent", key_event(key, false, modifiers_));
  }
  const auto what = browser_key(modifiers_, key);
  const bool in_dialog = page_ && page_->dialog;
  if (what != BrowserKey::none || in_dialog) kept_.insert(key.keysym);
  if (what != BrowserKey::none) co_return co_await act_on_tabs(what);
  if (in_dialog) co_return co_await answer_dialog(std::move(key));
  const auto after = browser_default(modifiers_, key);
  WYE_CO_CHECK(co_await dispatch("Input.dispatchKeyEvent", key_event(key, true, modifiers_)));
  if (after != BrowserDefault::none) co_return co_await act_on_page(after);
  co_return Result<void>();
}

net::Task<Result<void>> CdpBackend::type(std::u32string characters) {
  Reply last;
  const auto page = page_;
  if (!page) co_return browser_starting();
  for (const auto character : characters) {
    auto key = key_of(character);
    if (page->dialog) {
      WYE_CO_CHECK(co_await answer_dialog(std::move(key)));
      continue;
    }
    const int modifiers = key.shifted ? modifiers_ | kShift : modifiers_;
    pages_.send(page, "Input.dispatchKeyEvent", key_event(key, true, modifiers));
    last = pages_.send(page, "Input.dispatchKeyEvent", key_event(key, false, modifiers));
  }
  if (!last) co_return Result<void>();
  const bool answered = co_await pages_.answered(page, last, kTypedWithin);
  if (page->dialog) co_return dialog_open(*page->dialog);
  if (answered && !*last->answer && !page->gone) co_return last->answer->error();
  co_return Result<void>();
}

// Edits a prompt's answer, accepts or dismisses.
net::Task<Result<void>> CdpBackend::answer_dialog(Key key) {
  auto& dialog = *page_->dialog;
  if (key.modifier != 0) co_return Result<void>();
  if (key.windows_code == 13) co_return co_await close_dialog(true);
  if (key.key == "Escape") co_return co_await close_dialog(false);
  if (dialog.type != "prompt" || (modifiers_ & ~kShift) != 0) co_return dialog_open(dialog);
  if (key.key != "Backspace" && key.text.empty()) co_return dialog_open(dialog);
  if (!std::exchange(dialog.typed, true)) dialog.answer.clear();
  if (key.key == "Backspace") {
    auto characters = characters_of(dialog.answer);
    if (!characters.empty()) characters.pop_back();
    dialog.answer.clear();
    for (const auto character : characters) dialog.answer += utf8_of(character);
  } else if (dialog.answer.size() < kLongestText) {
    dialog.answer += ((modifiers_ & kShift) != 0 ? with_shift(key) : key).text;
  }
  co_return Result<void>();
}

net::Task<Result<void>> CdpBackend::close_dialog(bool accept) {
  const auto page = page_;
  auto how = fields("accept", accept);
  if (page->dialog->type == "prompt") how["promptText"] = page->dialog->answer;
  const auto reply = pages_.send(page, "Page.handleJavaScriptDialog", std::move(how));
  const auto until = std::chrono::steady_clock::now() + kHandledWithin;
  while (page->dialog && !page->gone && std::chrono::steady_clock::now() < until)
    co_await pages_.changed().wait(until);
  if (page->dialog && reply->answer && !*reply->answer) co_return reply->answer->error();
  co_return Result<void>();
}

net::Task<Result<void>> CdpBackend::act_on_tabs(BrowserKey what) {
  const auto page = page_;
  const auto channel = pages_.channel();
  if (what == BrowserKey::refused) co_return needs_window();
  if (!page || !channel) co_return browser_starting();
  Result<json::value> done = json::value();
  if (what == BrowserKey::new_tab) {
    done = co_await channel->call("Target.createTarget", fields("url", "about:blank"));
  } else if (what == BrowserKey::close_tab) {
    done = co_await channel->call("Target.closeTarget", fields("targetId", page->id));
    const auto until = std::chrono::steady_clock::now() + kHandledWithin;
    while (done && !page->gone && std::chrono::steady_clock::now() < until)
      co_await pages_.changed().wait(until);
  } else if (const auto other = pages_.beside(*page, what == BrowserKey::next_tab)) {
    done = co_await channel->call("Target.activateTarget", fields("targetId", other->id));
  }
  if (!done) co_return done.error();
  co_return Result<void>();
}

net::Task<Result<void>> CdpBackend::act_on_page(BrowserDefault what) {
  if (what == BrowserDefault::reload || what == BrowserDefault::reload_uncached)
    co_return co_await dispatch("Page.reload",
                                fields("ignoreCache", what == BrowserDefault::reload_uncached));
  const auto page = page_;
  json::object nothing;
  const auto reply = pages_.send(page, "Page.getNavigationHistory", std::move(nothing));
  const bool answered = co_await pages_.answered(page, reply, kHandledWithin);
  if (!answered || !*reply->answer || !(*reply->answer)->is_object()) co_return Result<void>();
  const auto& history = (*reply->answer)->get_object();
  const auto* entries = history.if_contains("entries");
  const auto at = int_at(history, "currentIndex") + (what == BrowserDefault::back ? -1 : 1);
  if (entries == nullptr || !entries->is_array() || at < 0 ||
      static_cast<std::size_t>(at) >= entries->get_array().size())
    co_return Result<void>();
  const auto* entry = entries->get_array()[static_cast<std::size_t>(at)].if_object();
  if (entry == nullptr) co_return Result<void>();
  co_return co_await dispatch("Page.navigateToHistoryEntry", fields("entryId", int_at(*entry, "id")));
}

net::Task<Result<std::string>> CdpBackend::picture() {
  WYE_CO_TRY(auto page, co_await pages_.active());
  co_return co_await pictures_.take(std::move(page));
}

net::Task<Result<std::string>> CdpBackend::read_clipboard() { return clipboard_.read(pages_.channel()); }

net::Task<Result<void>> CdpBackend::write_clipboard(std::string text) {
  return clipboard_.write(pages_.channel(), std::move(text));
}

}  // namespace wye::vm
