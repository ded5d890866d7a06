#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/arguments.h"

namespace wye::cli {

/// A command of the command line: its words (`browsers create`), its help, and its function.
struct Command {
  std::string name;
  std::string parameters;  ///< After the name in the usage line.
  std::string summary;     ///< One line.
  std::string details;     ///< Paragraphs and examples for `--help`.
  std::vector<Option> options;
  std::size_t min_words = 0, max_words = 0;
  std::function<int(const Arguments&)> run;  ///< Returns the exit code.
  bool hidden = false;
};

[[nodiscard]] std::vector<Command> all_commands();

// Each list comes from a file of its own in command/.
[[nodiscard]] std::vector<Command> serve_commands();
[[nodiscard]] std::vector<Command> internal_commands();
[[nodiscard]] std::vector<Command> stop_commands();
[[nodiscard]] std::vector<Command> keys_commands();
[[nodiscard]] std::vector<Command> backup_commands();
[[nodiscard]] std::vector<Command> doctor_commands();
[[nodiscard]] std::vector<Command> demo_commands();
[[nodiscard]] std::vector<Command> api_commands();
[[nodiscard]] std::vector<Command> browsers_commands();
[[nodiscard]] Command browsers_cdp_command();    // one of browsers_commands()
[[nodiscard]] Command browsers_curl_command();   // one of browsers_commands()
[[nodiscard]] Command browsers_exec_command();   // one of browsers_commands()
[[nodiscard]] Command browsers_logs_command();   // one of browsers_commands()
[[nodiscard]] Command browsers_shell_command();  // one of browsers_commands()
[[nodiscard]] std::vector<Command> browsers_computer_commands();
[[nodiscard]] std::vector<Command> files_commands();
[[nodiscard]] std::vector<Command> playwright_commands();
[[nodiscard]] std::vector<Command> repl_commands();
[[nodiscard]] std::vector<Command> telemetry_commands();
[[nodiscard]] std::vector<Command> telemetry_report_commands();
[[nodiscard]] std::vector<Command> destinations_commands();
[[nodiscard]] std::vector<Command> routes_commands();
[[nodiscard]] std::vector<Command> completion_commands();

}  // namespace wye::cli
