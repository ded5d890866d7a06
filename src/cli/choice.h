#pragma once

#include <initializer_list>
#include <optional>
#include <string>

#include "cli/arguments.h"
#include "wye/result.h"

namespace wye::cli {

/// Returns the value whose word (its `to_string`) an option gives; nothing when the option is absent. Any
/// other word is a usage error that lists the valid ones.
template <class T>
[[nodiscard]] Result<std::optional<T>> choice(const Arguments& arguments, const std::string& option,
                                              std::initializer_list<T> values) {
  const auto word = arguments.get(option);
  if (!word) return std::optional<T>();
  std::string words;
  for (const auto value : values) {
    if (to_string(value) == *word) return std::optional<T>(value);
    words.append(words.empty() ? "" : ", ").append(to_string(value));
  }
  return Error{
      .kind = ErrorKind::invalid, .code = "usage", .message = "--" + option + " takes one of " + words};
}

}  // namespace wye::cli
