#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/encoding.h"
#include "control/export/otlp.h"

namespace wye::control::otlp {
namespace {

namespace json = boost::json;

std::string nanoseconds(std::int64_t micros) {
  return std::to_string(static_cast<std::uint64_t>(micros) * 1000);
}

json::object any_value(const json::value& value);

json::object key_value(std::string_view key, const json::value& value) {
  json::object out;
  out["key"] = key;
  out["value"] = any_value(value);
  return out;
}

json::object any_value(const json::value& value) {
  json::object out;
  json::array values;
  switch (value.kind()) {
    case json::kind::null:
      break;
    case json::kind::string:
      out["stringValue"] = value;
      break;
    case json::kind::bool_:
      out["boolValue"] = value;
      break;
    case json::kind::int64:
      out["intValue"] = std::to_string(value.get_int64());
      break;
    case json::kind::uint64:
      out["doubleValue"] = static_cast<double>(value.get_uint64());
      break;
    case json::kind::double_:
      out["doubleValue"] = value;
      break;
    case json::kind::array:
      for (const auto& item : value.get_array()) values.push_back(any_value(item));
      out["arrayValue"].emplace_object()["values"] = std::move(values);
      break;
    case json::kind::object:
      for (const auto& field : value.get_object()) values.push_back(key_value(field.key(), field.value()));
      out["kvlistValue"].emplace_object()["values"] = std::move(values);
      break;
  }
  return out;
}

json::array attributes(const std::vector<Attribute>& all) {
  json::array out;
  for (const auto& [key, value] : all) out.push_back(key_value(key, value));
  return out;
}

json::object write(const LogRecord& log) {
  json::object out;
  out["timeUnixNano"] = nanoseconds(log.time);
  out["observedTimeUnixNano"] = nanoseconds(log.time);
  out["severityNumber"] = static_cast<int>(log.severity);
  out["eventName"] = log.event_name;
  out["body"] = any_value(log.body);
  out["attributes"] = attributes(log.attributes);
  out["traceId"] = hex(log.trace_id);
  if (!log.span_id.empty()) out["spanId"] = hex(log.span_id);
  return out;
}

json::object write(const Span& span) {
  json::object out;
  out["traceId"] = hex(span.trace_id);
  out["spanId"] = hex(span.span_id);
  if (!span.parent_span_id.empty()) out["parentSpanId"] = hex(span.parent_span_id);
  out["name"] = span.name;
  out["kind"] = static_cast<int>(span.kind);
  out["startTimeUnixNano"] = nanoseconds(span.start);
  out["endTimeUnixNano"] = nanoseconds(span.end);
  out["attributes"] = attributes(span.attributes);
  if (span.failed) out["status"].emplace_object()["code"] = 2;
  return out;
}

struct Names {
  const char *resources, *scopes, *items;
};

template <class Item>
std::string request(const std::vector<ResourceSignals>& all, std::vector<Item> ResourceSignals::*items,
                    const Names& names) {
  json::array resources;
  for (const auto& one : all) {
    if ((one.*items).empty()) continue;
    json::array written;
    for (const auto& item : one.*items) written.push_back(write(item));
    json::object scoped, whole;
    scoped["scope"].emplace_object()["name"] = kScopeName;
    scoped[names.items] = std::move(written);
    whole["resource"].emplace_object()["attributes"] = attributes(one.resource);
    whole[names.scopes].emplace_array().push_back(std::move(scoped));
    resources.push_back(std::move(whole));
  }
  json::object out;
  out[names.resources] = std::move(resources);
  return json::serialize(out);
}

}  // namespace

std::string logs_to_json(const std::vector<ResourceSignals>& all) {
  return request(all, &ResourceSignals::logs, {"resourceLogs", "scopeLogs", "logRecords"});
}
std::string traces_to_json(const std::vector<ResourceSignals>& all) {
  return request(all, &ResourceSignals::spans, {"resourceSpans", "scopeSpans", "spans"});
}

}  // namespace wye::control::otlp
