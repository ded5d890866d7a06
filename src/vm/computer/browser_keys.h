#pragma once

#include <cstdint>

#include "vm/computer/keysym.h"

namespace wye::vm {

/// What a key does that the browser keeps for itself, so that no page sees it.
enum class BrowserKey : std::uint8_t {
  none,  ///< The page gets the key.
  new_tab,
  close_tab,
  next_tab,
  previous_tab,
  refused,  ///< It needs a window of the browser, which a headless one does not have.
};

/// What a key does in the browser after the page has seen it.
enum class BrowserDefault : std::uint8_t { none, reload, reload_uncached, back, forward };

/// `modifiers`: bits of `Modifier`. Pure, like all of this.
[[nodiscard]] BrowserKey browser_key(int modifiers, const Key& key);
[[nodiscard]] BrowserDefault browser_default(int modifiers, const Key& key);

}  // namespace wye::vm
