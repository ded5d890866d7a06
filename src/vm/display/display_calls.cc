#include "vm/display/display_calls.h"

#include "vm/display/resize_display.h"

namespace wye::vm {

void register_display_calls(ServedCalls& calls, Browser& browser) {
  calls.with_body("patchDisplay",
                  [&browser](std::string body) { return resize_display(browser, std::move(body)); });
}

}  // namespace wye::vm
