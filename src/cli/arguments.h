#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wye/result.h"

namespace wye::cli {

/// One option of a command.
struct Option {
  std::string name;   ///< Without the dashes.
  char letter = 0;    ///< 0: none.
  std::string value;  ///< The name of its value in the help; "" for a switch.
  std::string help;
  bool many = false;  ///< May be given more than once.
};

/// A parsed command line.
struct Arguments {
  std::map<std::string, std::vector<std::string>> options;
  std::vector<std::string> words;

  [[nodiscard]] bool has(const std::string& name) const { return options.count(name) != 0; }
  [[nodiscard]] std::optional<std::string> get(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> all(const std::string& name) const;
};

/// Parses `--name value`, `--name=value` and `-n value`; `--` ends the options. An unknown option or a
/// missing value is `usage`.
[[nodiscard]] Result<Arguments> parse_arguments(const std::vector<Option>& options,
                                                const std::vector<std::string>& words);

}  // namespace wye::cli
