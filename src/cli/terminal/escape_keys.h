#pragma once

#include <string>
#include <string_view>

namespace wye::cli {

/// Finds, in what is typed, the keys that leave a terminal that does not answer: `~.` at the beginning of a
/// line, as in ssh; `~~` there is one `~`. Pure.
class EscapeKeys {
 public:
  struct Typed {
    std::string bytes;  ///< What goes on to the terminal.
    bool leave = false;
  };
  [[nodiscard]] Typed take(std::string_view bytes);

 private:
  enum class Place { within_line, line_begins, behind_tilde };
  Place place_ = Place::line_begins;
};

}  // namespace wye::cli
