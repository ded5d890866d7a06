#include "vm/cdp/command_events.h"

#include <algorithm>

#include "vm/cdp/command_event.h"
#include "wire/copy_packet.h"

namespace wye::vm {

CommandEvents::CommandEvents(TelemetryHub& hub) : hub_(hub), inflater_(wire::kMaxCopied) {}

CommandEvents::Outcome CommandEvents::take(const Message& message, std::string_view connection,
                                           std::chrono::steady_clock::time_point now) {
  const auto& wanted = hub_.commands();
  if (!wanted) return Outcome::none;
  auto text = message.bytes;
  bool cut = message.cut;
  if (message.compressed) {
    const auto inflated = inflater_.inflate(text);
    text = inflated.text;
    cut = cut || inflated.full;
  }
  const auto command = read_command(text, cut);
  const auto lost = [&] {
    hub_.count_dropped(1);
    return Outcome::lost;
  };
  if (!command || command->method.empty()) return cut ? lost() : Outcome::none;
  const auto* method = wire::find_cdp_method(command->method);
  if (method == nullptr) return Outcome::none;
  if (const auto& excluded = wanted->excluded_methods;
      excluded && std::find(excluded->begin(), excluded->end(), command->method) != excluded->end())
    return Outcome::excluded;
  if (!budget_.allows(now)) return lost();
  const auto size = hub_.emit_text("cdp_command", "control", R"({"kind":"kernel_api"})",
                                   command_event(*method, *command, connection, cut));
  budget_.spend(size);
  return size > 0 ? Outcome::told : Outcome::lost;  // the hub counts what it has no room for
}

}  // namespace wye::vm
