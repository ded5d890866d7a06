#pragma once

#include <sys/types.h>
#include <termios.h>

#include <optional>

#include "base/unique_fd.h"
#include "wye/process.h"
#include "wye/result.h"

namespace wye::cli {

/// Puts the terminal of standard input into raw mode, in which Ctrl-C is a byte like others, and puts it
/// back. Does nothing where standard input is no terminal.
class RawMode {
 public:
  RawMode();
  ~RawMode();
  RawMode(const RawMode&) = delete;

 private:
  std::optional<termios> before_;
};

/// Returns the size of the terminal of standard input or output, else the usual one.
[[nodiscard]] TerminalSize local_terminal_size();

/// The signals that a terminal's session hears by a descriptor: WINCH, and those that end it. Made before any
/// other thread, which would take them. One thread reads it.
class TerminalSignals {
 public:
  TerminalSignals();
  TerminalSignals(const TerminalSignals&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_.get(); }
  /// Returns the next signal; 0 when there is none.
  [[nodiscard]] int next();

 private:
  UniqueFd descriptor_;
};

}  // namespace wye::cli
