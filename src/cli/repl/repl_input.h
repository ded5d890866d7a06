#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace wye::cli {

/// Collects lines until they are a cell. Pure.
class ReplInput {
 public:
  enum class Wish { none, leave, reset };
  /// Takes a line. Returns the code to run now; nothing for an empty line and for a wish.
  [[nodiscard]] std::optional<std::string> take(std::string_view line);
  /// Hears how the code that was returned has ended. A cell that is only unfinished is kept, and the next
  /// lines are added to it; an empty line gives it up.
  void heard(bool success, std::string_view error);
  /// Tells whether the next line continues a cell.
  [[nodiscard]] bool continues() const { return !cell_.empty(); }
  /// Returns what the last line asked for: `.exit`, `.reset`.
  [[nodiscard]] Wish wish() const { return wish_; }

 private:
  std::string cell_;  // unfinished
  std::string last_;  // returned last
  Wish wish_ = Wish::none;
};

}  // namespace wye::cli
