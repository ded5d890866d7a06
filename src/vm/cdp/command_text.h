#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace wye::vm {

/// An argument of a command, as far as telemetry may need it.
struct CommandArgument {
  struct Text {
    std::string head;            ///< The first bytes: enough for any word that is told.
    std::size_t characters = 0;  ///< Of all of it.
  };
  struct Array {
    std::size_t elements = 0;
  };
  std::string path;  ///< `a`, or `a.b` for member b of argument a.
  std::variant<std::int64_t, double, bool, Text, Array> value;
};

/// A client's command to DevTools.
struct CommandText {
  static constexpr std::size_t kHead = 64;           ///< Bytes kept of a text, also of a name.
  static constexpr std::size_t kMostArguments = 64;  ///< Further ones are left out.

  std::string method;
  std::string session;  ///< "" = the browser's own. Cut like every text, hence longer ones are no names.
  std::optional<std::int64_t> id;
  std::vector<CommandArgument> arguments;

  [[nodiscard]] const CommandArgument* argument(std::string_view path) const;
};

/// Reads a client's message without making a tree of it. Of a text that is `cut`, whatever was complete is
/// read. Nothing for a text that is no JSON object: DevTools refuses it. Of members with the same name the
/// last one counts, as in DevTools.
[[nodiscard]] std::optional<CommandText> read_command(std::string_view text, bool cut);

}  // namespace wye::vm
