#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "vm/command/command_spec.h"
#include "vm/command/command_user.h"
#include "wye/result.h"

// Reads the bodies of calls about processes, and says what is wrong with them. Pure, but for the VM's users.
namespace wye::vm {

struct ProcessCall {
  CommandSpec spec;
  std::optional<std::chrono::seconds> timeout;
};

[[nodiscard]] Result<ProcessCall> read_exec(const VmUsers& users, std::string_view body);
[[nodiscard]] Result<ProcessCall> read_spawn(const VmUsers& users, std::string_view body);
/// Returns the decoded bytes.
[[nodiscard]] Result<std::string> read_stdin(std::string_view body);
/// Returns the signal's number.
[[nodiscard]] Result<int> read_kill(std::string_view body);
[[nodiscard]] Result<TerminalSize> read_resize(std::string_view body);
/// Reads a text message of an attached client's; nothing for a type that has no meaning here.
[[nodiscard]] Result<std::optional<TerminalSize>> read_attach_message(std::string_view text);
/// Tells whether a text has the shape of a UUID.
[[nodiscard]] bool is_uuid(std::string_view text);

}  // namespace wye::vm
