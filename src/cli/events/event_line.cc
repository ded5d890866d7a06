#include "cli/events/event_line.h"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <span>

#include "base/encoding.h"
#include "base/timestamp.h"

namespace wye::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kEssence = 400, kField = 240, kMediaType = 60;  // bytes
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

struct Shape {
  std::string_view type;
  std::array<std::string_view, 4> fields;
};

// The main fields, in the order in which they are shown. `_ms` is shown as a time, `_kb` as a size.
constexpr Shape kShapes[] = {
    {"network_request", {"method", "url", "resource_type"}},
    {"network_loading_failed", {"error_text", "url"}},
    {"network_idle", {"url"}},
    {"proxy_error", {"code", "status", "url"}},
    {"console_log", {"level", "text"}},
    {"console_error", {"text"}},
    {"page_navigation", {"url"}},
    {"page_dom_content_loaded", {"url"}},
    {"page_load", {"url"}},
    {"page_tab_opened", {"url"}},
    {"page_crashed", {"url"}},
    {"page_layout_shift", {"layout_shift_details.value", "url"}},
    {"page_lcp", {"lcp_details.size", "lcp_details.url", "url"}},
    {"page_layout_settled", {"url"}},
    {"page_navigation_settled", {"url"}},
    {"interaction_click", {"tag", "selector", "text"}},
    {"interaction_key", {"key", "selector"}},
    {"interaction_scroll_settled", {"to_x", "to_y", "target_selector"}},
    {"monitor_disconnected", {"reason"}},
    {"monitor_reconnected", {"reconnect_duration_ms"}},
    {"monitor_reconnect_failed", {"reason"}},
    {"monitor_init_failed", {"step"}},
    {"telemetry_stopped", {"reason"}},
    {"telemetry_dropped", {"dropped", "reason", "category"}},
    {"telemetry_damaged", {"lost_bytes"}},
    {"archive_incomplete", {"reason", "last_seq"}},
    {"api_call", {"operation_id", "status", "code", "duration_ms"}},
    {"cdp_connect", {"connection_id"}},
    {"cdp_disconnect", {"reason", "duration_ms", "message_count"}},
    {"system_oom_kill", {"process_name", "pid", "rss_kb"}},
    {"service_crashed", {"service_name", "phase", "pid"}},
};

struct Colour {
  std::string_view category;
  const char* code;
};
constexpr Colour kColours[] = {{"network", "36"},     {"console", "33"}, {"page", "32"},
                               {"interaction", "35"}, {"system", "31"},  {"control", "34"},
                               {"connection", "34"}};
constexpr const char *kRed = "31", *kDim = "2";

bool is_bad(const TelemetryEvent& event) {
  constexpr std::string_view kBad[] = {
      "console_error",        "network_loading_failed",   "page_crashed",
      "system_oom_kill",      "service_crashed",          "telemetry_stopped",
      "telemetry_dropped",    "telemetry_damaged",        "archive_incomplete",
      "monitor_disconnected", "monitor_reconnect_failed", "monitor_init_failed",
      "proxy_error"};
  return std::find(std::begin(kBad), std::end(kBad), event.type) != std::end(kBad);
}

std::string with_unit(double amount, const char* unit) {
  std::array<char, 40> out;
  std::snprintf(out.data(), out.size(), amount < 10 ? "%.1f %s" : "%.0f %s", amount, unit);
  return out.data();
}

std::string duration(double ms) {
  if (ms < 10) return with_unit(ms, "ms");
  return ms < 10'000 ? with_unit(ms, "ms") : with_unit(ms / 1000, "s");
}

std::string size(double bytes) {
  if (bytes < 1000) return std::to_string(static_cast<std::int64_t>(bytes)) + " B";
  if (bytes < 1e6) return with_unit(bytes / 1e3, "kB");
  return bytes < 1e9 ? with_unit(bytes / 1e6, "MB") : with_unit(bytes / 1e9, "GB");
}

// Looks up `a.b` as the field b of the object a.
const json::value* field(const json::object& data, std::string_view name) {
  const auto dot = name.find('.');
  const auto* value = data.if_contains(name.substr(0, dot));
  if (value == nullptr || dot == std::string_view::npos) return value;
  return value->is_object() ? value->get_object().if_contains(name.substr(dot + 1)) : nullptr;
}

// Shows a data URL as its head and its size.
std::string url_text(std::string_view url) {
  if (!url.starts_with("data:")) return plain_text(url, kField);
  const auto comma = url.find(',');
  const auto held = comma == std::string_view::npos ? 0 : url.size() - comma - 1;
  return plain_text(url.substr(0, comma), kMediaType) + ",… " + size(static_cast<double>(held));
}

std::string text_of(const json::value& value, std::string_view name) {
  if (value.is_string() && name.ends_with("url")) return url_text(value.get_string());
  if (value.is_string()) return plain_text(value.get_string(), kField);
  const bool is_number = value.is_number();
  if (is_number && name.ends_with("_ms")) return duration(value.to_number<double>());
  if (is_number && name.ends_with("_kb")) return size(value.to_number<double>() * 1024);
  if (value.is_double()) {
    std::array<char, 40> out;
    std::snprintf(out.data(), out.size(), "%.4g", value.get_double());
    return out.data();
  }
  return plain_text(json::serialize(value), kField);
}

std::string string_of(const json::object& data, std::string_view name) {
  const auto* value = data.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

void append(std::string& line, const std::string& word) {
  if (word.empty()) return;
  if (!line.empty()) line += ' ';
  line += word;
}

// Returns the size that the server said, else that of the captured text; nothing when neither is known.
std::string size_of_body(const json::object& data) {
  if (const auto* headers = data.if_contains("headers"); headers != nullptr && headers->is_object())
    for (const auto& header : headers->get_object()) {
      if (!iequals(header.key(), "content-length") || !header.value().is_string()) continue;
      const std::string text(header.value().get_string());
      if (text.size() <= 15 && !text.empty() && text.find_first_not_of("0123456789") == std::string::npos)
        return size(static_cast<double>(std::stoll(text)));
    }
  const auto body = string_of(data, "body");
  return body.empty() ? "" : size(static_cast<double>(body.size()));
}

// Returns the bytes of the character at `at`; 0 for one that must not reach a terminal.
std::size_t shown(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto first = byte(at);
  if (first < 0x20 || first == 0x7f) return 0;
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length == 0 || first > 0xf4) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  if (first == 0xc2 && byte(at + 1) < 0xa0) return 0;  // C1: escape sequences of one byte
  const auto code =
      length == 3 ? (first & 0x0fu) << 12 | (byte(at + 1) & 0x3fu) << 6 | (byte(at + 2) & 0x3fu) : 0u;
  const bool turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
                     code == 0x200e || code == 0x200f || code == 0x2028 || code == 0x2029;
  return turns ? 0 : length;
}

}  // namespace

std::string plain_text(std::string_view text, std::size_t limit) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto length = shown(text, at);
    const auto next = length == 0 ? kReplacement : text.substr(at, length);
    if (out.size() + next.size() > limit) return out + "…";
    out += text[at] == '\n' || text[at] == '\t' || text[at] == '\r' ? std::string_view(" ") : next;
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string EventLines::paint(const char* code, std::string_view text) const {
  return colours_ ? "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m" : std::string(text);
}

void EventLines::remember(const std::string& request, std::int64_t ts) {
  if (request.empty() || request.size() > 256 || !begun_.emplace(request, ts).second) return;
  order_.push_back(request);
  if (order_.size() <= kRequestsKept) return;
  begun_.erase(order_.front());
  order_.pop_front();
}

std::string EventLines::response(const TelemetryEvent& event, const json::object& data) {
  std::string out;
  const auto* status = data.if_contains("status");
  const bool failed = status != nullptr && status->is_int64() && status->get_int64() >= 400;
  if (status != nullptr)
    append(out, failed ? paint(kRed, text_of(*status, "status")) : text_of(*status, "status"));
  append(out, plain_text(string_of(data, "method"), 16));
  append(out, url_text(string_of(data, "url")));
  if (const auto begun = begun_.find(string_of(data, "request_id")); begun != begun_.end())
    append(out, duration(static_cast<double>(event.ts - begun->second) / 1000));
  append(out, size_of_body(data));
  return out;
}

std::string EventLines::essence(const TelemetryEvent& event) {
  if (!event.data) return {};
  const auto* data = event.data->if_object();
  if (data == nullptr) return plain_text(json::serialize(*event.data), kEssence);
  if (event.type == "network_request") remember(string_of(*data, "request_id"), event.ts);
  if (event.type == "network_response") return response(event, *data);
  if (event.type == "monitor_screenshot")
    return size(static_cast<double>(string_of(*data, "png").size()) * 3 / 4) + " PNG";
  const auto shape = std::find_if(std::begin(kShapes), std::end(kShapes),
                                  [&](const Shape& known) { return known.type == event.type; });
  if (shape == std::end(kShapes)) return plain_text(json::serialize(*data), kEssence);
  std::string out;
  for (const auto& name : shape->fields)
    if (const auto* value = name.empty() ? nullptr : field(*data, name)) append(out, text_of(*value, name));
  return out;
}

std::string EventLines::line(const TelemetryEnvelope& envelope) {
  const auto& event = envelope.event;
  const auto pad = [](std::string text, std::size_t width) {
    text.resize(std::max(text.size(), width), ' ');
    return text;
  };
  const auto colour = std::find_if(std::begin(kColours), std::end(kColours),
                                   [&](const Colour& known) { return known.category == event.category; });
  const auto category = pad(plain_text(event.category, 64), 11);
  const auto type = pad(plain_text(event.type, 64), 22);
  const auto time = rfc3339(event.ts);
  auto out = paint(kDim, time.size() > 23 ? time.substr(11, 12) : time) + ' ' +
             (colour == std::end(kColours) ? category : paint(colour->code, category)) + ' ' +
             (is_bad(event) ? paint(kRed, type) : type) + ' ' + essence(event);
  if (event.truncated.value_or(false)) out += ' ' + paint(kDim, "[truncated]");
  return out;
}

}  // namespace wye::cli
