// Names of keys, and the bodies of calls about mouse and keyboard: what is taken can be sent to a browser.
#include "invariant.h"

#include "base/encoding.h"
#include "vm/computer/browser_keys.h"
#include "vm/computer/computer_request.h"

namespace {

using namespace wye;

void check(const vm::Key& key) {
  WYE_INVARIANT(!key.key.empty() && is_utf8(key.key) && is_utf8(key.text));
  WYE_INVARIANT(key.keysym != 0 && key.windows_code >= 0 && key.location >= 0 && key.location <= 3);
  WYE_INVARIANT(vm::with_shift(vm::with_shift(key)) == vm::with_shift(key));
  for (int modifiers = 0; modifiers < 16; ++modifiers) {
    (void)vm::browser_key(modifiers, key);
    (void)vm::browser_default(modifiers, key);
  }
}

void check(const vm::ComputerAction& action) {
  WYE_INVARIANT(action.held.size() <= vm::kMostHeld);
  for (const auto& key : action.held) check(key);
  if (const auto* press = std::get_if<vm::PressAction>(&action.what)) {
    WYE_INVARIANT(!press->keys.empty() && press->keys.size() <= vm::kMostKeys);
    for (const auto& keys : press->keys) {
      WYE_INVARIANT(!keys.empty() && keys.size() <= vm::kMostKeysTogether);
      for (const auto& key : keys) check(key);
    }
  }
  if (const auto* drag = std::get_if<vm::DragAction>(&action.what))
    WYE_INVARIANT(drag->path.size() >= 2 && drag->path.size() <= vm::kMostPoints && drag->steps >= 1);
  if (const auto* type = std::get_if<vm::TypeAction>(&action.what))
    for (const auto character : type->text) check(vm::key_of(character));
  if (const auto* click = std::get_if<vm::ClickAction>(&action.what))
    WYE_INVARIANT(click->clicks >= 1 && (click->presses || click->releases));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::Input(data, size).rest();
  if (const auto key = vm::find_key(text)) check(*key);
  if (const auto keys = vm::read_combination(text))
    for (const auto& key : *keys) check(key);
  if (is_utf8(text)) {
    std::string back;
    for (const auto character : vm::characters_of(text)) back += vm::utf8_of(character);
    WYE_INVARIANT(back == text);
  }
  for (const auto read : {vm::read_click, vm::read_move, vm::read_drag, vm::read_scroll, vm::read_type,
                          vm::read_press, vm::read_cursor})
    if (const auto action = read(text)) check(*action);
  if (const auto batch = vm::read_batch(text)) {
    WYE_INVARIANT(!batch->empty() && batch->size() <= vm::kMostActions);
    for (const auto& action : *batch) check(action);
  }
  (void)vm::read_screenshot(text);
  (void)vm::read_clipboard_text(text);
  (void)vm::read_nothing(text);
  return 0;
}
