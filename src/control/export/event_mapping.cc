#include "control/export/event_mapping.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/digest.h"
#include "wire/json_codec.h"

namespace wye::control::otlp {

namespace json = boost::json;

namespace {

// Each level is three messages in protobuf, and decoders stop at 100: deeper levels are sent as JSON text.
constexpr int kMaxDepth = 16;

std::string trace_id(const std::string& session) { return sha256("wye trace " + session).substr(0, 16); }
std::string span_id(const std::string& session, std::int64_t seq) {
  return sha256("wye span " + session + " " + std::to_string(seq)).substr(0, 8);
}

json::value cut_depth(const json::value& value, int left) {
  if (!value.is_object() && !value.is_array()) return value;
  if (left == 0) return json::value(json::serialize(value));
  if (const auto* array = value.if_array()) {
    json::array out;
    for (const auto& item : *array) out.push_back(cut_depth(item, left - 1));
    return out;
  }
  json::object out;
  for (const auto& field : value.get_object()) out[field.key()] = cut_depth(field.value(), left - 1);
  return out;
}

/// Reads an event's data leniently, since it came out of a VM.
class Data {
 public:
  explicit Data(const json::object& event) {
    const auto* data = event.if_contains("data");
    if (data != nullptr) object_ = data->if_object();
  }
  [[nodiscard]] std::string text(std::string_view name) const {
    const auto* value = find(name);
    const auto* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string() : std::string(text->data(), text->size());
  }
  [[nodiscard]] double number(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr || !value->is_number()) return 0;
    if (value->is_double()) return value->get_double();
    return value->is_int64() ? static_cast<double>(value->get_int64())
                             : static_cast<double>(value->get_uint64());
  }
  [[nodiscard]] bool flag(std::string_view name) const {
    const auto* value = find(name);
    return value != nullptr && value->is_bool() && value->get_bool();
  }
  [[nodiscard]] const json::value* find(std::string_view name) const {
    return object_ == nullptr ? nullptr : object_->if_contains(name);
  }

 private:
  const json::object* object_ = nullptr;
};

Severity severity_of(const std::string& type, const Data& data) {
  static constexpr std::array kErrors{
      "console_error",     "page_crashed",       "service_crashed",          "system_oom_kill",
      "telemetry_damaged", "archive_incomplete", "monitor_reconnect_failed", "monitor_init_failed"};
  static constexpr std::array kWarnings{"proxy_error", "telemetry_dropped", "telemetry_stopped",
                                        "monitor_disconnected"};
  const auto is = [&](const char* one) { return type == one; };
  if (std::any_of(kErrors.begin(), kErrors.end(), is)) return Severity::error;
  if (std::any_of(kWarnings.begin(), kWarnings.end(), is)) return Severity::warn;
  if (type == "console_log") {
    const auto level = data.text("level");
    if (level == "warning" || level == "warn") return Severity::warn;
    if (level == "error" || level == "assert") return Severity::error;
    return level == "debug" || level == "verbose" ? Severity::debug : Severity::info;
  }
  if (type == "network_response") return data.number("status") >= 400 ? Severity::warn : Severity::info;
  if (type == "network_loading_failed") return data.flag("canceled") ? Severity::info : Severity::warn;
  if (type == "api_call") return data.number("status") >= 500 ? Severity::error : Severity::info;
  return Severity::info;
}

// Hashes the ids: they come out of a VM, may be a megabyte each, and many are kept.
std::string start_key(const std::string& session, const char* what, const Data& data, const char* id) {
  return sha256(session + what + data.text("target_id") + " " + data.text(id)).substr(0, 12);
}

void add(std::vector<Attribute>& out, const char* key, const Data& data, std::string_view field) {
  if (const auto* value = data.find(field); value != nullptr && !value->is_object() && !value->is_array())
    out.push_back({key, *value});
}

// Returns the span that the event ends; nothing when it ends none, or when the beginning is not known.
std::optional<Span> span_of(const std::string& session, const events::Record& record, const Data& data,
                            SpanStarts& starts) {
  const auto& type = record.type;
  Span span{.end = record.ts};
  std::optional<std::int64_t> start;
  const auto lasted = [&](const char* field) -> std::optional<std::int64_t> {
    if (const auto* value = data.find(field); value == nullptr || !value->is_number()) return std::nullopt;
    const auto ms = data.number(field);
    if (!(ms >= 0) || ms > 1e12) return std::nullopt;
    return std::max<std::int64_t>(0, record.ts - static_cast<std::int64_t>(ms * 1000));
  };
  if (type == "network_request") {
    starts.note(start_key(session, " r ", data, "request_id"), record.ts);
  } else if (type == "page_navigation") {
    starts.note(start_key(session, " p ", data, "loader_id"), record.ts);
  } else if (type == "network_response" || type == "network_loading_failed") {
    start = starts.of(start_key(session, " r ", data, "request_id"));
    span.name = type == "network_response" ? data.text("method") : "request";
    span.kind = SpanKind::client;
    span.failed = type == "network_loading_failed" ? !data.flag("canceled") : data.number("status") >= 400;
    add(span.attributes, "url.full", data, "url");
    add(span.attributes, "http.request.method", data, "method");
    add(span.attributes, "http.response.status_code", data, "status");
    add(span.attributes, "error.type", data, "error_text");
    add(span.attributes, "wye.resource_type", data, "resource_type");
  } else if (type == "page_load") {
    start = starts.of(start_key(session, " p ", data, "loader_id"));
    span.name = "page load";
    add(span.attributes, "url.full", data, "url");
  } else if (type == "api_call" || type == "platform_api_call") {
    start = lasted("duration_ms");
    span.name = data.text("operation_id");
    span.kind = SpanKind::server;
    span.failed = data.number("status") >= 500;
    add(span.attributes, "http.response.status_code", data, "status");
    add(span.attributes, "wye.request_id", data, "request_id");
  } else if (type == "cdp_disconnect") {
    start = lasted("duration_ms");
    span.name = "cdp connection";
    span.kind = SpanKind::server;
    add(span.attributes, "wye.connection_id", data, "connection_id");
    add(span.attributes, "wye.message_count", data, "message_count");
    add(span.attributes, "wye.reason", data, "reason");
  } else if (type == "monitor_reconnected") {
    start = lasted("reconnect_duration_ms");
    span.name = "browser restart";
  }
  if (!start) return std::nullopt;
  if (span.name.empty()) span.name = type;
  span.start = std::min(*start, record.ts);
  span.trace_id = trace_id(session);
  span.span_id = span_id(session, record.seq);
  span.parent_span_id = span_id(session, 0);
  return span;
}

json::value body_of(const json::object& event, const std::string& type) {
  const auto* data = event.if_contains("data");
  if (data == nullptr) return nullptr;
  auto body = cut_depth(*data, kMaxDepth);
  // A picture takes up to 1 MiB and nobody searches it, so it is left out of the log. The archive has it.
  auto* object = body.if_object();
  if (type == "monitor_screenshot" && object != nullptr && object->contains("png"))
    (*object)["png"] = "[not exported]";
  return body;
}

}  // namespace

void SpanStarts::note(const std::string& key, std::int64_t time) {
  if (!times_.try_emplace(key, time).second) return;
  order_.push_back(key);
  if (order_.size() <= kMost) return;
  times_.erase(order_.front());
  order_.pop_front();
}

std::optional<std::int64_t> SpanStarts::of(const std::string& key) const {
  const auto found = times_.find(key);
  return found == times_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Attribute> resource_of(const Session& session) {
  std::vector<Attribute> out{{"service.name", "wye"}, {"session.id", json::value(session.id)}};
  if (session.config.name) out.push_back({"wye.browser.name", json::value(*session.config.name)});
  if (session.config.tags)
    for (const auto& [key, value] : *session.config.tags)
      out.push_back({"wye.tag." + key, json::value(value)});
  return out;
}

bool add_event(const std::string& session, const events::Record& record, SpanStarts& starts,
               ResourceSignals& out) {
  const auto envelope = wire::parse_json(record.json);
  if (!envelope || !envelope->is_object()) return false;
  const auto* found = envelope->get_object().if_contains("event");
  const auto* event = found == nullptr ? nullptr : found->if_object();
  if (event == nullptr) return false;
  const Data data(*event);
  auto span = span_of(session, record, data, starts);
  LogRecord log{.time = record.ts,
                .severity = severity_of(record.type, data),
                .event_name = record.type,
                .body = body_of(*event, record.type),
                .trace_id = trace_id(session),
                .span_id = span ? span->span_id : std::string()};
  log.attributes.push_back({"wye.seq", json::value(record.seq)});
  log.attributes.push_back({"wye.category", json::value(record.category)});
  if (const auto* source = event->if_contains("source"); source != nullptr && source->is_object()) {
    for (const auto* name : {"kind", "event"})
      if (const auto* value = source->get_object().if_contains(name); value != nullptr && value->is_string())
        log.attributes.push_back({std::string("wye.source.") + name, *value});
  }
  if (const auto* truncated = event->if_contains("truncated"); truncated != nullptr && truncated->is_bool())
    log.attributes.push_back({"wye.truncated", *truncated});
  out.logs.push_back(std::move(log));
  if (span) out.spans.push_back(std::move(*span));
  return true;
}

Span session_span(const Session& session) {
  return {.trace_id = trace_id(session.id),
          .span_id = span_id(session.id, 0),
          .name = "browser session",
          .start = session.created_at,
          .end = std::max(session.created_at, session.deleted_at),
          .attributes = {{"session.id", json::value(session.id)}}};
}

}  // namespace wye::control::otlp
