#include "vm/computer/computer_calls.h"

namespace wye::vm {

void register_computer_calls(ServedCalls& calls, Computer& computer) {
  constexpr std::pair<std::string_view, Computer::Read> kActions[] = {
      {"clickMouse", read_click}, {"moveMouse", read_move}, {"dragMouse", read_drag},
      {"scroll", read_scroll},    {"typeText", read_type},  {"pressKey", read_press}};
  for (const auto& [operation, read] : kActions)
    calls.task(operation, [&computer, read = read](net::Exchange& exchange, const net::PathParameters&) {
      return computer.act(exchange, read);
    });
  constexpr std::pair<std::string_view, Computer::Answer (Computer::*)(net::Exchange&)> kOthers[] = {
      {"setCursor", &Computer::set_cursor},
      {"batchComputerAction", &Computer::batch},
      {"getMousePosition", &Computer::mouse_position},
      {"takeScreenshot", &Computer::screenshot},
      {"readClipboard", &Computer::read_clipboard},
      {"writeClipboard", &Computer::write_clipboard}};
  for (const auto& [operation, answer] : kOthers)
    calls.task(operation, [&computer, answer = answer](net::Exchange& exchange, const net::PathParameters&) {
      return (computer.*answer)(exchange);
    });
}

}  // namespace wye::vm
