#include "cli/vm_command.h"

namespace wye::cli {

Result<VmCommand> read_vm_command(const Arguments& arguments) {
  VmCommand out{.cwd = arguments.get("cwd"), .as_user = arguments.get("user")};
  const auto usage = [](std::string message) {
    return Error{.kind = ErrorKind::invalid, .code = "usage", .message = std::move(message)};
  };
  for (const auto& pair : arguments.all("env")) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) return usage("--env takes NAME=VALUE");
    out.env[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  if (arguments.has("root") && out.as_user) return usage("either --user or --root");
  if (arguments.has("root")) out.as_root = true;
  const auto& words = arguments.words;  // the first one is the browser's
  if (words.size() > 1) out.command = words[1];
  if (words.size() > 2) out.args.assign(words.begin() + 2, words.end());
  return out;
}

std::vector<Option> with_vm_command_options(std::vector<Option> more) {
  more.push_back({"cwd", 0, "DIR", "where it runs (default: the user's home)"});
  more.push_back({"env", 0, "NAME=VALUE", "a variable of its environment", true});
  more.push_back({"user", 0, "NAME|UID|UID:GID", "who runs it (default: the browser's user)"});
  more.push_back({"root", 0, "", "run it as root of the VM"});
  return more;
}

}  // namespace wye::cli
