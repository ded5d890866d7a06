#include "cli/report/event_row.h"

#include <boost/json.hpp>
#include <charconv>
#include <map>
#include <vector>

#include "base/encoding.h"

namespace wye::cli {

namespace json = boost::json;

namespace {

// A type's fields: `name`, `name:n` for numbers, `name:b` for booleans; `name=path` reads another place in
// the data, `name=@…` is computed below.
struct TypeText {
  const char* name;
  const char* category;
  const char* fields;
};

// The types of wire-api §3.
constexpr TypeText kTypes[] = {
    {"console_log", "console", "target_id loader_id url level text at=@at"},
    {"console_error", "console", "target_id loader_id url level text at=@at"},
    {"network_request", "network",
     "target_id loader_id frame_id url request_id method resource_type initiator_type is_redirect:b "
     "redirect_url"},
    {"network_response", "network",
     "target_id loader_id frame_id url request_id method status:n mime_type resource_type bytes:n=@bytes"},
    {"network_loading_failed", "network",
     "target_id loader_id frame_id url request_id error_text canceled:b resource_type"},
    {"network_idle", "network", "target_id loader_id url"},
    {"proxy_error", "network",
     "target_id loader_id frame_id url request_id code status:n method resource_type"},
    {"page_navigation", "page", "target_id loader_id frame_id parent_frame_id target_type url"},
    {"page_dom_content_loaded", "page", "target_id loader_id frame_id url"},
    {"page_load", "page", "target_id loader_id frame_id url"},
    {"page_tab_opened", "page", "target_id target_type url title opener_id"},
    {"page_crashed", "page", "target_id target_type url"},
    {"page_layout_shift", "page",
     "target_id loader_id frame_id url value:n=layout_shift_details.value "
     "had_recent_input:b=layout_shift_details.had_recent_input"},
    {"page_lcp", "page",
     "target_id loader_id frame_id url time:n render_time:n=lcp_details.render_time "
     "load_time:n=lcp_details.load_time size:n=lcp_details.size element_id=lcp_details.element_id "
     "lcp_url=lcp_details.url"},
    {"page_layout_settled", "page", "target_id loader_id frame_id url"},
    {"page_navigation_settled", "page", "target_id loader_id frame_id url"},
    {"interaction_click", "interaction", "target_id loader_id url x:n y:n selector tag text"},
    {"interaction_key", "interaction", "target_id loader_id url key selector tag"},
    {"interaction_scroll_settled", "interaction",
     "target_id loader_id url from_x:n from_y:n to_x:n to_y:n target_selector"},
    {"monitor_screenshot", "screenshot", "picture:n=@picture bytes:n"},
    {"monitor_disconnected", "monitor", "reason"},
    {"monitor_reconnected", "monitor", "reconnect_duration_ms:n"},
    {"monitor_reconnect_failed", "monitor", "reason"},
    {"monitor_init_failed", "monitor", "step"},
    {"telemetry_stopped", "monitor", "reason"},
    {"telemetry_dropped", "monitor", "dropped:n reason of=category"},
    {"archive_incomplete", "monitor", "last_seq:n last_contact:n reason"},
    {"api_call", "control", "operation_id request_id status:n duration_ms:n code"},
    {"platform_api_call", "platform", "operation_id request_id status:n duration_ms:n"},
    {"cdp_command", "control", "method session_id command_id:n connection_id"},
    {"cdp_connect", "connection", "connection_id"},
    {"cdp_disconnect", "connection",
     "connection_id duration_ms:n message_count:n reason telemetry_dropped:n telemetry_excluded:n"},
    {"live_view_connect", "connection", "session_id"},
    {"live_view_disconnect", "connection", "session_id duration_ms:n"},
    {"captcha_solve_started", "captcha", "captcha_type task_id challenge_id website_host"},
    {"captcha_solve_result", "captcha", "captcha_type status duration_ms:n error_code task_id website_host"},
    {"captcha_challenge_result", "captcha", "captcha_type status challenge_id duration_ms:n website_host"},
    {"system_oom_kill", "system", "process_name pid:n rss_kb:n constraint"},
    {"service_crashed", "system", "service_name phase pid:n"},
    {"telemetry_damaged", "system", "lost_bytes:n"},
};

struct Field {
  std::string name;
  char kind = 's';
  std::string path;
};
struct Type {
  std::string_view name, category;
  std::vector<Field> fields;
};

std::vector<Field> read_fields(std::string_view text) {
  std::vector<Field> out;
  while (!text.empty()) {
    auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    Field field;
    const auto equals = word.find('=');
    if (equals != std::string_view::npos) field.path = word.substr(equals + 1);
    word = word.substr(0, equals);
    if (const auto colon = word.find(':'); colon != std::string_view::npos) {
      field.kind = word[colon + 1];
      word = word.substr(0, colon);
    }
    field.name = word;
    if (field.path.empty()) field.path = field.name;
    out.push_back(std::move(field));
  }
  return out;
}

const std::vector<Type>& types() {
  static const auto all = [] {
    std::vector<Type> out{{"", "", read_fields("type category preview")}};
    for (const auto& [name, category, fields] : kTypes) out.push_back({name, category, read_fields(fields)});
    return out;
  }();
  return all;
}

// Returns the index of an event's type; 0 when it is unknown.
std::size_t place_of(const TelemetryEvent& event) {
  static const auto places = [] {
    std::map<std::string_view, std::size_t> out;
    for (std::size_t i = 1; i < types().size(); ++i) out[types()[i].name] = i;
    return out;
  }();
  const auto found = places.find(event.type);
  return found != places.end() && types()[found->second].category == event.category ? found->second : 0;
}

// Cuts a text to `kMaxIndexedText` bytes, between characters.
std::string_view short_text(std::string_view text) {
  if (text.size() <= kMaxIndexedText) return text;
  auto end = kMaxIndexedText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

const json::value* find(const json::value& data, std::string_view path) {
  const auto* value = &data;
  while (!path.empty() && value != nullptr) {
    const auto name = path.substr(0, path.find('.'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    if (const auto* array = value->if_array())
      value = array->empty() ? nullptr : &array->front();  // only "0", the first, is ever asked for
    else
      value = value->is_object() ? value->get_object().if_contains(name) : nullptr;
  }
  return value;
}

std::string_view text_at(const json::value& data, std::string_view path) {
  const auto* value = find(data, path);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

std::optional<std::int64_t> integer_at(const json::value& data, std::string_view path) {
  const auto* value = find(data, path);
  return value != nullptr && value->is_int64() ? std::optional(value->get_int64()) : std::nullopt;
}

// Returns a message's place: the stack's first frame, else that of the exception. Both count lines from 0.
json::value source_position(const json::value& data) {
  const auto frame = [&](std::string_view field) { return "stack_trace.callFrames.0." + std::string(field); };
  const auto url = text_at(data, frame("url")), source = text_at(data, "source_url");
  if (!url.empty()) {
    return json::string(std::string(short_text(url)) + ":" +
                        std::to_string(integer_at(data, frame("lineNumber")).value_or(0) + 1));
  }
  if (source.empty()) return nullptr;
  return json::string(std::string(short_text(source)) + ":" +
                      std::to_string(integer_at(data, "line").value_or(0) + 1));
}

// Returns the size of an answer's body: the transferred size if the event has it, else the header's, else
// that of a text that was captured whole.
json::value body_size(const json::value& data) {
  if (const auto size = integer_at(data, "encoded_data_length")) return *size;
  if (const auto* headers = find(data, "headers"); headers != nullptr && headers->is_object()) {
    for (const auto& field : headers->get_object()) {
      if (!iequals(field.key(), "content-length") || !field.value().is_string()) continue;
      const std::string_view text(field.value().get_string());
      std::int64_t size = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
      if (error == std::errc() && end == text.data() + text.size() && size >= 0) return size;
    }
  }
  const auto body = text_at(data, "body");
  if (body.empty() || body.ends_with("...[truncated]")) return nullptr;
  return body.size();
}

json::value plain(const json::value& data, const Field& field) {
  const auto* value = find(data, field.path);
  if (value == nullptr) return nullptr;
  if (field.kind == 's' && value->is_string()) return json::string(short_text(value->get_string()));
  if ((field.kind == 'n' && value->is_number()) || (field.kind == 'b' && value->is_bool())) return *value;
  return nullptr;
}

json::value value_of(const TelemetryEvent& event, const Field& field, std::optional<std::int64_t> picture) {
  static const json::value kNone;
  const auto& data = event.data ? *event.data : kNone;
  if (field.path == "@at") return source_position(data);
  if (field.path == "@bytes") return body_size(data);
  if (field.path == "@picture") return picture ? json::value(*picture) : json::value();
  if (!field.path.starts_with('@')) return plain(data, field);
  return nullptr;
}

}  // namespace

json::array index_row(const TelemetryEnvelope& envelope, std::optional<std::int64_t> picture) {
  const auto& event = envelope.event;
  const auto place = place_of(event);
  json::array row{envelope.seq, event.ts, static_cast<std::int64_t>(place),
                  event.truncated.value_or(false) ? 1 : 0};
  if (place == 0) {
    row.emplace_back(short_text(event.type));
    row.emplace_back(short_text(event.category));
    row.emplace_back(event.data ? json::value(short_text(json::serialize(*event.data))) : json::value(""));
    return row;
  }
  for (const auto& field : types()[place].fields) row.push_back(value_of(event, field, picture));
  return row;
}

json::array indexed_types() {
  json::array out;
  for (const auto& type : types()) {
    json::array fields;
    for (const auto& field : type.fields) fields.emplace_back(field.name);
    json::object item{{"fields", fields}};
    if (!type.name.empty()) {
      item["name"] = type.name;
      item["category"] = type.category;
    }
    out.push_back(std::move(item));
  }
  return out;
}

}  // namespace wye::cli
