#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "wye/result.h"

namespace wye::cli {

/// The time of calls that end when what they do has ended.
inline constexpr std::chrono::hours kAsLongAsItTakes{24 * 365};
/// The most words of a command line that ends with another one.
inline constexpr std::size_t kMostWords = 100'000;

/// A command to run in a VM: the words behind the browser's, and the options that all such commands take.
struct VmCommand {
  std::string command;
  std::vector<std::string> args;
  std::optional<std::string> cwd;
  std::map<std::string, std::string> env;
  std::optional<std::string> as_user;
  std::optional<bool> as_root;
};

[[nodiscard]] Result<VmCommand> read_vm_command(const Arguments& arguments);
/// Returns `more` and the options: --cwd, --env, --user, --root.
[[nodiscard]] std::vector<Option> with_vm_command_options(std::vector<Option> more);

}  // namespace wye::cli
