#include "vm/telemetry/collector/console_events.h"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "events/make_record.h"
#include "vm/telemetry/collector/console_text.h"
#include "vm/telemetry/collector/object_text.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::string_view kCategory = "console";

std::string context_of_world(const Target& target, std::int64_t context) {
  const auto found = target.contexts.find(context);
  return context_of_frame(target, found == target.contexts.end() ? std::string_view() : found->second);
}

}  // namespace

void ConsoleEvents::on_call(const Target& target, const json::object& params) {
  const auto level = text_at(params, "type");
  std::string arguments = "[", first;
  std::size_t count = 0;
  if (const auto* list = params.if_contains("args"); list != nullptr && list->is_array())
    for (const auto& item : list->get_array()) {
      if (count == kMaxConsoleArguments) break;
      const auto text = item.is_object() ? argument_text(item.get_object()) : std::string();
      if (count++ == 0)
        first = text;
      else
        arguments += ",";
      append_quoted(arguments, text);
    }
  ObjectText data;
  data.members(context_of_world(target, integer_at(params, "executionContextId")))
      .text("level", level)
      .text("text", first)
      .raw("args", arguments + "]");
  if (const auto stack = stack_text(object_at(params, "stackTrace")); !stack.empty())
    data.raw("stack_trace", stack);
  sink_.emit(level == "error" ? "console_error" : "console_log", kCategory, "Runtime.consoleAPICalled",
             target, std::move(data).finish());
}

void ConsoleEvents::on_exception(const Target& target, const json::object& params) {
  const auto& details = object_at(params, "exceptionDetails");
  ObjectText data;
  data.members(context_of_world(target, integer_at(details, "executionContextId")))
      .text("text", exception_text(details))
      .number("line", integer_at(details, "lineNumber"))
      .number("column", integer_at(details, "columnNumber"))
      .text_if("source_url", text_at(details, "url"));
  if (const auto stack = stack_text(object_at(details, "stackTrace")); !stack.empty())
    data.raw("stack_trace", stack);
  sink_.emit("console_error", kCategory, "Runtime.exceptionThrown", target, std::move(data).finish());
}

void QuietConsoleEvents::on_message(const Target& target, const json::object& params) {
  const auto& message = object_at(params, "message");
  const auto level = text_at(message, "level");
  ObjectText data;
  data.members(context_of_frame(target, "")).text("level", level).text("text", text_at(message, "text"));
  sink_.emit(level == "error" ? "console_error" : "console_log", kCategory, "Console.messageAdded", target,
             std::move(data).finish());
}

void QuietConsoleEvents::on_log_entry(const Target& target, const json::object& params) {
  const auto& entry = object_at(params, "entry");
  // Of all log entries, only script errors of workers are in this category.
  if (text_at(entry, "level") != "error" || text_at(entry, "source") != "worker") return;
  ObjectText data;
  data.members(context_of_frame(target, ""))
      .text("text", text_at(entry, "text"))
      .text_if("source_url", text_at(entry, "url"));
  if (entry.contains("lineNumber")) data.number("line", integer_at(entry, "lineNumber"));
  sink_.emit("console_error", kCategory, "Log.entryAdded", target, std::move(data).finish());
}

void QuietConsoleEvents::on_page_error(const Target& target, std::string_view frame_id,
                                       const json::array& told) {
  const auto text = [&](std::size_t i) {
    return i < told.size() && told[i].is_string() ? std::string_view(told[i].get_string())
                                                  : std::string_view();
  };
  const auto number = [&](std::size_t i) {
    return i < told.size() && told[i].is_int64() ? std::max<std::int64_t>(0, told[i].get_int64() - 1) : 0;
  };
  ObjectText data;
  data.members(context_of_frame(target, frame_id))
      .text("text", events::cut_text(text(1)))
      .number("line", number(3))  // DevTools counts from 0
      .number("column", number(4))
      .text_if("source_url", events::cut_text(text(2)));
  sink_.emit("console_error", kCategory, "Runtime.bindingCalled", target, std::move(data).finish());
}

}  // namespace wye::vm
