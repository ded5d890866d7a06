#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "control/export/otlp.h"
#include "control/export/protobuf_writer.h"

// Field numbers: opentelemetry/proto/{common,resource,logs,trace}/v1 and collector/{logs,trace}/v1.
namespace wye::control::otlp {
namespace {

namespace json = boost::json;

std::uint64_t nanoseconds(std::int64_t micros) { return static_cast<std::uint64_t>(micros) * 1000; }

ProtobufWriter any_value(const json::value& value);

ProtobufWriter key_value(std::string_view key, const json::value& value) {
  ProtobufWriter out;
  out.bytes_field(1, key);
  out.message_field(2, any_value(value));
  return out;
}

ProtobufWriter any_value(const json::value& value) {
  ProtobufWriter out, inner;
  switch (value.kind()) {
    case json::kind::null:
      break;  // an AnyValue without a field is the empty value
    case json::kind::string:
      out.bytes_field(1, {value.get_string().data(), value.get_string().size()});
      break;
    case json::kind::bool_:
      out.varint_field(2, value.get_bool() ? 1 : 0);
      break;
    case json::kind::int64:
      out.varint_field(3, static_cast<std::uint64_t>(value.get_int64()));
      break;
    case json::kind::uint64:  // only what does not fit into int64
      out.double_field(4, static_cast<double>(value.get_uint64()));
      break;
    case json::kind::double_:
      out.double_field(4, value.get_double());
      break;
    case json::kind::array:
      for (const auto& item : value.get_array()) inner.message_field(1, any_value(item));
      out.message_field(5, inner);
      break;
    case json::kind::object:
      for (const auto& field : value.get_object())
        inner.message_field(1, key_value(field.key(), field.value()));
      out.message_field(6, inner);
      break;
  }
  return out;
}

void attributes(ProtobufWriter& out, std::uint32_t number, const std::vector<Attribute>& all) {
  for (const auto& [key, value] : all) out.message_field(number, key_value(key, value));
}

ProtobufWriter write(const LogRecord& log) {
  ProtobufWriter out;
  out.fixed64_field(1, nanoseconds(log.time));
  out.varint_field(2, static_cast<std::uint64_t>(log.severity));
  out.message_field(5, any_value(log.body));
  attributes(out, 6, log.attributes);
  out.bytes_field(9, log.trace_id);
  if (!log.span_id.empty()) out.bytes_field(10, log.span_id);
  out.fixed64_field(11, nanoseconds(log.time));  // observed time = time: the agent observes what it tells
  out.bytes_field(12, log.event_name);
  return out;
}

ProtobufWriter write(const Span& span) {
  ProtobufWriter out;
  out.bytes_field(1, span.trace_id);
  out.bytes_field(2, span.span_id);
  if (!span.parent_span_id.empty()) out.bytes_field(4, span.parent_span_id);
  out.bytes_field(5, span.name);
  out.varint_field(6, static_cast<std::uint64_t>(span.kind));
  out.fixed64_field(7, nanoseconds(span.start));
  out.fixed64_field(8, nanoseconds(span.end));
  attributes(out, 9, span.attributes);
  if (span.failed) {
    ProtobufWriter status;
    status.varint_field(3, 2);  // STATUS_CODE_ERROR
    out.message_field(15, status);
  }
  return out;
}

// ResourceLogs and ResourceSpans, ScopeLogs and ScopeSpans have the same numbers.
template <class Item>
std::string request(const std::vector<ResourceSignals>& all, std::vector<Item> ResourceSignals::*items) {
  ProtobufWriter out;
  for (const auto& one : all) {
    if ((one.*items).empty()) continue;
    ProtobufWriter resource, scope, scoped, whole;
    attributes(resource, 1, one.resource);
    scope.bytes_field(1, kScopeName);
    scoped.message_field(1, scope);
    for (const auto& item : one.*items) scoped.message_field(2, write(item));
    whole.message_field(1, resource);
    whole.message_field(2, scoped);
    out.message_field(1, whole);
  }
  return out.take();
}

}  // namespace

std::string logs_to_protobuf(const std::vector<ResourceSignals>& all) {
  return request(all, &ResourceSignals::logs);
}
std::string traces_to_protobuf(const std::vector<ResourceSignals>& all) {
  return request(all, &ResourceSignals::spans);
}

}  // namespace wye::control::otlp
