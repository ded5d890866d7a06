#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wye/result.h"
#include "wye/telemetry.h"

// The DevTools methods that drive a browser: those that `cdp_command` tells of and `excluded_methods` may
// name, with the arguments that are told. One table for control plane, agent and docs/telemetry.md.
namespace wye::wire {

/// What is told of an argument. No text of a client's own is ever kept.
enum class Sanitized {
  number,
  flag,
  word,    ///< One of the argument's words; "other" for any other text.
  key,     ///< The name of a key without a character (`Enter`); the length of any other one.
  length,  ///< A text's length in characters.
  count,   ///< An array's.
  scheme,  ///< A URL's, if it is a well-known one; "other" otherwise.
  id,  ///< 32 hexadecimal digits, as Chromium names targets, frames and contexts; nothing for another text.
};

struct CdpArgument {
  std::string_view path;  ///< DevTools' name; `a.b` is member b of argument a.
  std::string name;       ///< The event's name of it, such as `text_length`.
  Sanitized how = Sanitized::number;
  std::vector<std::string_view> words;
};

struct CdpMethod {
  std::string_view name;
  std::vector<CdpArgument> arguments;
};

[[nodiscard]] std::span<const CdpMethod> cdp_methods();
/// Returns null for a method that is not in the table.
[[nodiscard]] const CdpMethod* find_cdp_method(std::string_view name);

/// Whether a key's name stands for no character.
[[nodiscard]] bool is_named_key(std::string_view key);
[[nodiscard]] bool is_known_scheme(std::string_view scheme);

/// Fails with `bad_request` for a name that is not in the table, and for one that occurs twice.
[[nodiscard]] Result<void> check_excluded_methods(const std::vector<std::string>& methods);

/// Returns the table in Markdown, for docs/telemetry.md.
[[nodiscard]] std::string cdp_methods_reference();

}  // namespace wye::wire
