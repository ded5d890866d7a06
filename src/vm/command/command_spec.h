#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace wye::vm {

/// Who a command runs as.
struct CommandUser {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name, home;
};

struct TerminalSize {
  std::uint16_t rows = 24, columns = 80;
};

/// A program to run: no shell, but for one that is named.
struct CommandSpec {
  std::vector<std::string> words;          ///< The program, and its arguments; not empty.
  std::map<std::string, std::string> env;  ///< Over the environment that every command gets.
  std::string directory;                   ///< "": the user's home.
  CommandUser user;
  std::optional<TerminalSize> terminal;  ///< Absent: pipes.
  bool takes_input = false;              ///< Without a terminal: whether it has an input that is not empty.
};

}  // namespace wye::vm
