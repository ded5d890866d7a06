#include <algorithm>
#include <cstdio>
#include <exception>

#include "cli/command.h"
#include "cli/output.h"
#include "wye/error.h"

namespace wye::cli {

std::vector<Command> all_commands() {
  std::vector<Command> all;
  for (auto* group :
       {serve_commands, internal_commands, stop_commands, keys_commands, backup_commands, doctor_commands,
        demo_commands, browsers_commands, browsers_computer_commands, files_commands, playwright_commands,
        repl_commands, telemetry_commands, telemetry_report_commands, destinations_commands, routes_commands,
        api_commands, completion_commands})
    for (auto& command : group()) all.push_back(std::move(command));
  return all;
}

namespace {

constexpr const char* kVersion = "0.1.0";

void print_overview() {
  std::printf(
      "Wye: browsers for agents and tests; requests go straight to a browser's VM, and back to the control "
      "plane when it is gone.\n\n");
  std::printf("  wye demo                          the whole story, on a real Chromium\n");
  std::printf("  wye serve --data-dir data         run the platform here\n");
  std::printf("  wye browsers create --telemetry   a browser\n\ncommands\n");
  for (const auto& command : all_commands())
    if (!command.hidden) std::printf("  %-20s %s\n", command.name.c_str(), command.summary.c_str());
  std::printf(
      "\n`wye COMMAND --help` teaches each. Environment: KERNEL_BASE_URL, KERNEL_API_KEY, KERNEL_LOG, "
      "NO_COLOR.\n");
}

void print_help(const Command& command) {
  std::printf("usage: wye %s%s%s%s\n%s\n", command.name.c_str(), command.parameters.empty() ? "" : " ",
              command.parameters.c_str(), command.options.empty() ? "" : " [options]",
              command.summary.c_str());
  if (!command.details.empty()) std::printf("\n%s", command.details.c_str());
  if (!command.options.empty()) std::printf("\noptions\n");
  for (const auto& option : command.options) {
    const auto left = (option.letter != 0 ? std::string("-") + option.letter + ", " : std::string("    ")) +
                      "--" + option.name + (option.value.empty() ? "" : " " + option.value);
    std::printf("  %-34s %s\n", left.c_str(), option.help.c_str());
  }
}

// Finds the longest command name with which the words begin.
const Command* find_command(const std::vector<Command>& all, std::vector<std::string>& words) {
  for (const std::size_t length : {std::size_t{2}, std::size_t{1}}) {
    if (words.size() < length) continue;
    const auto name = length == 2 ? words[0] + " " + words[1] : words[0];
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Command& command) { return command.name == name; });
    if (found == all.end()) continue;
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(length));
    return &*found;
  }
  return nullptr;
}

int print_group(const std::vector<Command>& all, const std::string& noun, bool asked) {
  bool any = false;
  for (const auto& command : all) {
    if (command.hidden || !command.name.starts_with(noun + " ")) continue;
    std::fprintf(asked ? stdout : stderr, "  wye %-18s %s\n", command.name.c_str(), command.summary.c_str());
    any = true;
  }
  if (!any) return fail_usage("no command \"" + noun + "\"; `wye --help` lists them");
  return asked ? 0 : 2;
}

int run(std::vector<std::string> words) {
  const auto is_help = [](const std::string& word) {
    return word == "--help" || word == "-h" || word == "help";
  };
  if (words.empty() || is_help(words[0])) {
    print_overview();
    return 0;
  }
  if (words[0] == "--version") {
    std::printf("wye %s\n", kVersion);
    return 0;
  }
  const auto all = all_commands();
  const auto noun = words[0];
  const auto* command = find_command(all, words);
  if (command == nullptr) return print_group(all, noun, words.size() > 1 && is_help(words[1]));
  const auto behind = std::find(words.begin(), words.end(), "--");
  if (std::find_if(words.begin(), behind,
                   [](const auto& word) { return word == "--help" || word == "-h"; }) != behind) {
    print_help(*command);
    return 0;
  }
  const auto arguments = parse_arguments(command->options, words);
  if (!arguments) return fail_usage(arguments.error().message + "; see `wye " + command->name + " --help`");
  const auto& given = arguments->words;
  if (given.size() > command->max_words)  // does not print the word, which may be a secret without quotes
    return fail_usage("wye " + command->name + ": " + std::to_string(given.size() - command->max_words) +
                      " too many besides options (a value with spaces needs quotes); see `wye " +
                      command->name + " --help`");
  if (given.size() < command->min_words)
    return fail_usage("wye " + command->name + " " + command->parameters + "; see `wye " + command->name +
                      " --help`");
  return command->run(*arguments);
}

}  // namespace
}  // namespace wye::cli

int main(int argc, char** argv) {
  try {
    return wye::cli::run({argv + 1, argv + argc});
  } catch (const wye::Exception& error) {
    return wye::cli::fail(error.error());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "internal: %s\n", error.what());
    return 1;
  }
}
