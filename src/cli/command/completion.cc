#include <cstdio>

#include "cli/command.h"
#include "cli/output.h"

namespace wye::cli {
namespace {

int completion(const Arguments& arguments) {
  if (arguments.words[0] != "bash" && arguments.words[0] != "zsh")
    return fail_usage("wye completion bash|zsh");
  std::string first, rest;
  for (const auto& command : all_commands()) {
    if (command.hidden) continue;
    const auto space = command.name.find(' ');
    const auto noun = command.name.substr(0, space);
    if ((" " + first + " ").find(" " + noun + " ") == std::string::npos)
      first += (first.empty() ? "" : " ") + noun;
    std::string words = space == std::string::npos ? "" : command.name.substr(space + 1);
    std::string options;
    for (const auto& option : command.options) options += " --" + option.name;
    rest +=
        "    \"" + command.name + "\") words=\"" + options.substr(options.empty() ? 0 : 1) + " --help\" ;;\n";
  }
  std::string verbs;
  for (const auto* noun : {"browsers", "files", "playwright", "telemetry", "destinations"}) {
    std::string list;
    for (const auto& command : all_commands())
      if (command.name.starts_with(std::string(noun) + " "))
        list += (list.empty() ? "" : " ") + command.name.substr(std::string(noun).size() + 1);
    verbs += "    \"" + std::string(noun) + "\") words=\"" + list + "\" ;;\n";
  }
  if (arguments.words[0] == "zsh") std::printf("autoload -U +X bashcompinit && bashcompinit\n");
  std::printf(
      "_wye() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" words=\"\" so_far=\"${COMP_WORDS[*]:1:COMP_CWORD-1}\"\n"
      "  case \"$so_far\" in\n"
      "    \"\") words=\"%s\" ;;\n%s%s"
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}\n"
      "complete -F _wye wye\n",
      first.c_str(), verbs.c_str(), rest.c_str());
  return 0;
}

}  // namespace

std::vector<Command> completion_commands() {
  return {{.name = "completion",
           .parameters = "bash|zsh",
           .summary = "words for the shell's tab key",
           .details = "  source <(wye completion bash)\n",
           .min_words = 1,
           .max_words = 1,
           .run = completion}};
}

}  // namespace wye::cli
