#include "vm/cdp/command_text.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>

#include "vm/cdp/cdp_message.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxDepth = 256;

std::size_t characters_in(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Keeps the members of the message, of its `params`, and of objects directly in these.
struct Handler {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);
  using Code = json::error_code;
  using View = json::string_view;

  CommandText command;
  std::size_t depth = 0;
  bool in_params = false;                   // the container at depth 2 is the object `params`
  bool in_nested = false;                   // the container at depth 3 is an object that is an argument
  std::string key, member, argument, text;  // the key at each depth, and what is being read
  std::size_t characters = 0;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) {
    ++depth;
    if (depth == 2 && member == "params") {
      in_params = true;
      command.arguments.clear();
    }
    if (depth == 3 && in_params) in_nested = true;
    return true;
  }
  bool on_object_end(std::size_t, Code&) { return leave(); }
  bool on_array_begin(Code&) { return ++depth, true; }
  bool on_array_end(std::size_t size, Code&) {
    leave();
    set(CommandArgument::Array{size});
    return true;
  }
  bool leave() {
    if (depth == 3) in_nested = false;
    if (depth == 2) in_params = false;
    --depth;
    return true;
  }

  bool on_key_part(View part, std::size_t, Code&) {
    keep(part);
    return true;
  }
  bool on_key(View part, std::size_t, Code&) {
    keep(part);
    if (depth == 1) member = text;
    if (depth == 2 && in_params) argument = key = text;
    if (depth == 3 && in_nested) key = argument + "." + text;
    done();
    return true;
  }
  bool on_string_part(View part, std::size_t, Code&) {
    keep(part);
    return true;
  }
  bool on_string(View part, std::size_t, Code&) {
    keep(part);
    if (depth == 1 && member == "method") command.method = text;
    if (depth == 1 && member == "sessionId") command.session = text;
    set(CommandArgument::Text{text, characters});
    done();
    return true;
  }
  bool on_number_part(View, Code&) { return true; }
  bool on_int64(std::int64_t value, View, Code&) {
    if (depth == 1 && member == "id") command.id = value;
    set(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, View, Code&) { return set(static_cast<double>(value)); }
  bool on_double(double value, View, Code&) { return set(value); }
  bool on_bool(bool value, Code&) { return set(value); }
  bool on_null(Code&) { return true; }
  bool on_comment_part(View, Code&) { return true; }
  bool on_comment(View, Code&) { return true; }

  // Pieces end between characters. A text that does not fit is not kept as a word.
  void keep(std::string_view part) {
    characters += characters_in(part);
    const auto room = CommandText::kHead + 1 - std::min(CommandText::kHead + 1, text.size());
    text += part.substr(0, room);
  }
  void done() {
    text.clear();
    characters = 0;
  }
  template <class Value>
  bool set(Value value) {
    if (!(depth == 2 && in_params) && !(depth == 3 && in_nested)) return true;
    if (depth == 2) key = argument;
    auto& all = command.arguments;
    const auto known = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.path == key; });
    if (known != all.end())
      known->value = std::move(value);
    else if (all.size() < CommandText::kMostArguments)
      all.push_back({key, std::move(value)});
    return true;
  }
};

std::optional<CommandText> read_strictly(std::string_view text, bool cut) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::basic_parser<Handler> parser(options);
  json::error_code error;
  const auto read = parser.write_some(cut, text.data(), text.size(), error);
  if (error || read != text.size()) return std::nullopt;
  return std::move(parser.handler().command);
}

}  // namespace

const CommandArgument* CommandText::argument(std::string_view path) const {
  const auto found =
      std::find_if(arguments.begin(), arguments.end(), [&](const auto& one) { return one.path == path; });
  return found == arguments.end() ? nullptr : &*found;
}

std::optional<CommandText> read_command(std::string_view text, bool cut) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || text[begin] != '{') return std::nullopt;
  if (auto command = read_strictly(text, cut)) return command;
  return read_strictly(mended(text), cut);
}

}  // namespace wye::vm
