#include "cli/repl/repl_input.h"

namespace wye::cli {
namespace {

// What V8 says of code that ends too early.
constexpr std::string_view kUnfinished = "SyntaxError: Unexpected end of input";

}  // namespace

std::optional<std::string> ReplInput::take(std::string_view line) {
  wish_ = Wish::none;
  const bool is_blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
  if (is_blank) {
    cell_.clear();
    return std::nullopt;
  }
  if (cell_.empty() && (line == ".exit" || line == ".reset")) {
    wish_ = line == ".exit" ? Wish::leave : Wish::reset;
    return std::nullopt;
  }
  if (cell_.empty() && line.starts_with('='))
    return last_ = "console.log(await (" + std::string(line.substr(1)) + "))";
  last_ = cell_.empty() ? std::string(line) : cell_ + '\n' + std::string(line);
  return last_;
}

void ReplInput::heard(bool success, std::string_view error) {
  const bool unfinished = !success && error.starts_with(kUnfinished);
  cell_ = unfinished ? last_ : "";
}

}  // namespace wye::cli
