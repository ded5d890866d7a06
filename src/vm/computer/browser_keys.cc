#include "vm/computer/browser_keys.h"

namespace wye::vm {

BrowserKey browser_key(int modifiers, const Key& key) {
  const auto& code = key.code;
  if (modifiers == kAlt && code == "F4") return BrowserKey::refused;
  if (modifiers == kControl) {
    if (code == "KeyT") return BrowserKey::new_tab;
    if (code == "KeyW" || code == "F4") return BrowserKey::close_tab;
    if (code == "Tab" || code == "PageDown") return BrowserKey::next_tab;
    if (code == "PageUp") return BrowserKey::previous_tab;
    if (code == "KeyN") return BrowserKey::refused;
  }
  if (modifiers == (kControl | kShift)) {
    if (code == "Tab") return BrowserKey::previous_tab;
    if (code == "KeyT" || code == "KeyN" || code == "KeyW") return BrowserKey::refused;
  }
  return BrowserKey::none;
}

BrowserDefault browser_default(int modifiers, const Key& key) {
  const auto& code = key.code;
  if (code == "BrowserBack" || (modifiers == kAlt && code == "ArrowLeft")) return BrowserDefault::back;
  if (code == "BrowserForward" || (modifiers == kAlt && code == "ArrowRight")) return BrowserDefault::forward;
  if (code == "BrowserRefresh" || (modifiers == 0 && code == "F5") ||
      (modifiers == kControl && code == "KeyR"))
    return BrowserDefault::reload;
  if ((modifiers == kControl && code == "F5") || (modifiers == (kControl | kShift) && code == "KeyR"))
    return BrowserDefault::reload_uncached;
  return BrowserDefault::none;
}

}  // namespace wye::vm
