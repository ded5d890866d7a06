#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/encoding.h"
#include "control/export/otlp.h"

// Writes text at once: a tree of it would take many times the memory.
namespace wye::control::otlp {
namespace {

namespace json = boost::json;

std::string quoted(std::string_view text) {
  return json::serialize(json::string_view(text.data(), text.size()));
}
std::string nanoseconds(std::int64_t micros) {
  return '"' + std::to_string(static_cast<std::uint64_t>(micros) * 1000) + '"';
}

template <class List, class Write>
void write_list(std::string& out, const List& list, const Write& write) {
  out += '[';
  bool first = true;
  for (const auto& item : list) {
    if (!first) out += ',';
    first = false;
    write(item);
  }
  out += ']';
}

void any_value(std::string& out, const json::value& value);

void key_value(std::string& out, std::string_view key, const json::value& value) {
  out += R"({"key":)" + quoted(key) + R"(,"value":)";
  any_value(out, value);
  out += '}';
}

void any_value(std::string& out, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      out += "{}";
      return;
    case json::kind::string:
      out += R"({"stringValue":)" + json::serialize(value) + '}';
      return;
    case json::kind::bool_:
      out += value.get_bool() ? R"({"boolValue":true})" : R"({"boolValue":false})";
      return;
    case json::kind::int64:
      out += R"({"intValue":")" + std::to_string(value.get_int64()) + "\"}";
      return;
    case json::kind::uint64:  // only what does not fit into int64
    case json::kind::double_:
      out += R"({"doubleValue":)" + json::serialize(value) + '}';
      return;
    case json::kind::array:
      out += R"({"arrayValue":{"values":)";
      write_list(out, value.get_array(), [&](const json::value& item) { any_value(out, item); });
      out += "}}";
      return;
    case json::kind::object:
      out += R"({"kvlistValue":{"values":)";
      write_list(out, value.get_object(),
                 [&](const json::key_value_pair& field) { key_value(out, field.key(), field.value()); });
      out += "}}";
      return;
  }
}

void attributes(std::string& out, const std::vector<Attribute>& all) {
  out += R"("attributes":)";
  write_list(out, all, [&](const Attribute& one) { key_value(out, one.key, one.value); });
}

void write(std::string& out, const LogRecord& log) {
  out +=
      R"({"timeUnixNano":)" + nanoseconds(log.time) + R"(,"observedTimeUnixNano":)" + nanoseconds(log.time);
  out += R"(,"severityNumber":)" + std::to_string(static_cast<int>(log.severity));
  out += R"(,"eventName":)" + quoted(log.event_name) + R"(,"traceId":")" + hex(log.trace_id) + '"';
  if (!log.span_id.empty()) out += R"(,"spanId":")" + hex(log.span_id) + '"';
  out += R"(,"body":)";
  any_value(out, log.body);
  out += ',';
  attributes(out, log.attributes);
  out += '}';
}

void write(std::string& out, const Span& span) {
  out += R"({"traceId":")" + hex(span.trace_id) + R"(","spanId":")" + hex(span.span_id) + '"';
  if (!span.parent_span_id.empty()) out += R"(,"parentSpanId":")" + hex(span.parent_span_id) + '"';
  out += R"(,"name":)" + quoted(span.name) + R"(,"kind":)" + std::to_string(static_cast<int>(span.kind));
  out +=
      R"(,"startTimeUnixNano":)" + nanoseconds(span.start) + R"(,"endTimeUnixNano":)" + nanoseconds(span.end);
  if (span.failed) out += R"(,"status":{"code":2})";
  out += ',';
  attributes(out, span.attributes);
  out += '}';
}

struct Names {
  const char *resources, *scopes, *items;
};

template <class Item>
std::string request(const std::vector<ResourceSignals>& all, std::vector<Item> ResourceSignals::*items,
                    const Names& names) {
  std::vector<const ResourceSignals*> told;
  for (const auto& one : all)
    if (!(one.*items).empty()) told.push_back(&one);
  std::string out = std::string("{\"") + names.resources + "\":";
  write_list(out, told, [&](const ResourceSignals* one) {
    out += R"({"resource":{)";
    attributes(out, one->resource);
    out += std::string("},\"") + names.scopes + R"(":[{"scope":{"name":)" + quoted(kScopeName) + "},\"" +
           names.items + "\":";
    write_list(out, one->*items, [&](const Item& item) { write(out, item); });
    out += "}]}";
  });
  return out + '}';
}

}  // namespace

std::string logs_to_json(const std::vector<ResourceSignals>& all) {
  return request(all, &ResourceSignals::logs, {"resourceLogs", "scopeLogs", "logRecords"});
}
std::string traces_to_json(const std::vector<ResourceSignals>& all) {
  return request(all, &ResourceSignals::spans, {"resourceSpans", "scopeSpans", "spans"});
}

}  // namespace wye::control::otlp
