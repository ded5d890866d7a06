#include "vm/telemetry/collector/console_text.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "events/make_record.h"
#include "vm/telemetry/collector/object_text.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxStackUrl = 2048, kMaxFunctionName = 512;

// Writes `{a: 1, b: "x", …}` or `[1, 2]`, one level deep, as DevTools previews it.
std::string preview_text(const json::object& preview) {
  const bool is_array = text_at(preview, "subtype") == "array";
  const auto* properties = preview.if_contains("properties");
  std::string out = is_array ? "[" : "{";
  bool first = true;
  if (properties != nullptr && properties->is_array())
    for (const auto& item : properties->get_array()) {
      if (!item.is_object()) continue;
      const auto& property = item.get_object();
      if (!std::exchange(first, false)) out += ", ";
      if (!is_array) out.append(text_at(property, "name")).append(": ");
      if (text_at(property, "type") == "string")
        append_quoted(out, text_at(property, "value"));
      else
        out += text_at(property, "value");
    }
  if (flag_at(preview, "overflow")) out += first ? "…" : ", …";
  return out + (is_array ? "]" : "}");
}

}  // namespace

std::string argument_text(const json::object& remote) {
  if (const auto* value = remote.if_contains("value")) {
    if (const auto* text = value->if_string()) return std::string(*text);
    if (const auto* number = value->if_double()) return number_text(*number);
    return json::serialize(*value);
  }
  if (const auto text = text_at(remote, "unserializableValue"); !text.empty()) return std::string(text);
  const auto type = text_at(remote, "type");
  if (type == "undefined") return "undefined";
  const auto description = text_at(remote, "description");
  const auto subtype = text_at(remote, "subtype");
  const auto* preview = remote.if_contains("preview");
  const bool plain = type == "object" && (subtype.empty() || subtype == "array");
  if (!plain || preview == nullptr || !preview->is_object()) return std::string(description);
  const auto shown = preview_text(preview->get_object());
  const bool unnamed = description == "Object" || subtype == "array";
  return events::cut_text(unnamed ? shown : std::string(description) + " " + shown);
}

std::string stack_text(const json::object& stack, int parents) {
  const auto* frames = stack.if_contains("callFrames");
  if (frames == nullptr || !frames->is_array()) return {};
  std::string list = "[";
  std::size_t count = 0;
  for (const auto& item : frames->get_array()) {
    if (!item.is_object() || count++ == kMaxStackFrames) break;
    const auto& frame = item.get_object();
    ObjectText out;
    out.text("functionName", events::cut_text(text_at(frame, "functionName"), kMaxFunctionName))
        .text("scriptId", text_at(frame, "scriptId"))
        .text("url", events::cut_text(text_at(frame, "url"), kMaxStackUrl))
        .number("lineNumber", integer_at(frame, "lineNumber"))
        .number("columnNumber", integer_at(frame, "columnNumber"));
    if (list.size() > 1) list += ",";
    list += std::move(out).finish();
  }
  ObjectText out;
  out.raw("callFrames", list + "]").text_if("description", text_at(stack, "description"));
  const auto parent = parents > 0 ? stack_text(object_at(stack, "parent"), parents - 1) : std::string();
  if (!parent.empty()) out.raw("parent", parent);
  return std::move(out).finish();
}

std::string exception_text(const json::object& details) {
  std::string text(text_at(details, "text"));
  const auto& exception = object_at(details, "exception");
  if (exception.empty()) return text;
  auto said = argument_text(exception);
  if (const auto stack = said.find("\n    at "); stack != std::string::npos) said.resize(stack);
  if (said.empty()) return text;
  // DevTools says "Uncaught" alone for what was thrown in a task, "Uncaught (in promise)" for a rejection;
  // some texts hold the whole message already.
  if (text.find(said) != std::string::npos) return text;
  return events::cut_text(text.empty() ? said : text + " " + said);
}

}  // namespace wye::vm
