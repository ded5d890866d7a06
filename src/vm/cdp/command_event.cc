#include "vm/cdp/command_event.h"

#include <algorithm>

#include "base/encoding.h"
#include "vm/telemetry/collector/object_text.h"

namespace wye::vm {

namespace {

using wire::Sanitized;

constexpr std::string_view kOther = "other";

bool is_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789ABCDEFabcdef") == std::string_view::npos;
}

std::string scheme_of(std::string_view url) {
  const auto begin = std::min(url.find_first_not_of(" \t\r\n"), url.size());
  url.remove_prefix(begin);
  auto scheme = ascii_lower(url.substr(0, std::min(url.find(':'), url.size())));
  return wire::is_known_scheme(scheme) ? scheme : std::string(kOther);
}

void add_text(ObjectText& out, const wire::CdpArgument& argument, const CommandArgument::Text& text) {
  const auto characters = static_cast<std::int64_t>(text.characters);
  switch (argument.how) {
    case Sanitized::word: {
      const bool known =
          std::find(argument.words.begin(), argument.words.end(), text.head) != argument.words.end();
      out.text(argument.name, known ? std::string_view(text.head) : kOther);
      break;
    }
    case Sanitized::key:
      if (wire::is_named_key(text.head))
        out.text(argument.name, text.head);
      else
        out.number(argument.name + "_length", characters);
      break;
    case Sanitized::length:
      out.number(argument.name, characters);
      break;
    case Sanitized::scheme:
      out.text(argument.name, scheme_of(text.head));
      break;
    case Sanitized::id:
      if (is_id(text.head)) out.text(argument.name, text.head);
      break;
    case Sanitized::number:
    case Sanitized::flag:
    case Sanitized::count:
      break;
  }
}

// An argument of another type than the table's is not told.
void add(ObjectText& out, const wire::CdpArgument& argument, const CommandArgument& given) {
  if (const auto* text = std::get_if<CommandArgument::Text>(&given.value)) {
    add_text(out, argument, *text);
  } else if (const auto* array = std::get_if<CommandArgument::Array>(&given.value)) {
    if (argument.how == Sanitized::count)
      out.number(argument.name, static_cast<std::int64_t>(array->elements));
  } else if (const auto* flag = std::get_if<bool>(&given.value)) {
    if (argument.how == Sanitized::flag) out.flag(argument.name, *flag);
  } else if (argument.how == Sanitized::number) {
    if (const auto* integer = std::get_if<std::int64_t>(&given.value)) out.number(argument.name, *integer);
    if (const auto* number = std::get_if<double>(&given.value)) out.number(argument.name, *number);
  }
}

}  // namespace

std::string command_event(const wire::CdpMethod& method, const CommandText& command,
                          std::string_view connection, bool cut) {
  ObjectText out;
  out.text("method", method.name).text("connection_id", connection);
  if (is_id(command.session)) out.text("session_id", command.session);
  if (command.id) out.number("command_id", *command.id);
  ObjectText arguments;
  bool has_some = false;
  for (const auto& argument : method.arguments) {
    const auto* given = command.argument(argument.path);
    if (given == nullptr) continue;
    add(arguments, argument, *given);
    has_some = true;
  }
  if (has_some) out.raw("arguments", std::move(arguments).finish());
  if (cut) out.flag("cut", true);
  return std::move(out).finish();
}

}  // namespace wye::vm
