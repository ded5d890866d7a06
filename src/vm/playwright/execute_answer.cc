#include "vm/playwright/execute_answer.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/serialize.hpp>

#include "base/encoding.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::size_t kDeepest = 512;

// Takes everything and keeps nothing: a tree of hostile JSON would be many times larger than its text.
struct Nothing {
  using Code = boost::system::error_code;
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1),
                               max_array_size = static_cast<std::size_t>(-1),
                               max_key_size = static_cast<std::size_t>(-1),
                               max_string_size = static_cast<std::size_t>(-1);
  static bool on_document_begin(Code&) { return true; }
  static bool on_document_end(Code&) { return true; }
  static bool on_object_begin(Code&) { return true; }
  static bool on_object_end(std::size_t, Code&) { return true; }
  static bool on_array_begin(Code&) { return true; }
  static bool on_array_end(std::size_t, Code&) { return true; }
  static bool on_key_part(json::string_view, std::size_t, Code&) { return true; }
  static bool on_key(json::string_view, std::size_t, Code&) { return true; }
  static bool on_string_part(json::string_view, std::size_t, Code&) { return true; }
  static bool on_string(json::string_view, std::size_t, Code&) { return true; }
  static bool on_number_part(json::string_view, Code&) { return true; }
  static bool on_int64(std::int64_t, json::string_view, Code&) { return true; }
  static bool on_uint64(std::uint64_t, json::string_view, Code&) { return true; }
  static bool on_double(double value, json::string_view, Code&) { return value - value == 0; }  // finite
  static bool on_bool(bool, Code&) { return true; }
  static bool on_null(Code&) { return true; }
  static bool on_comment_part(json::string_view, Code&) { return true; }
  static bool on_comment(json::string_view, Code&) { return true; }
};

}  // namespace

bool is_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = kDeepest;
  json::basic_parser<Nothing> parser(options);
  boost::system::error_code error;
  const auto read = parser.write_some(false, text.data(), text.size(), error);
  return !error && parser.done() && read == text.size();
}

void CapturedOutput::add(std::string_view bytes) {
  const auto taken = std::min(bytes.size(), kMost - held_.size());
  held_.append(bytes.substr(0, taken));
  cut_ |= taken < bytes.size();
}

std::string CapturedOutput::text() const {
  auto out = utf8_decode(held_);
  if (cut_) out += "...[truncated]";
  return out;
}

std::string execute_answer(const ExecuteOutcome& outcome) {
  std::string out = outcome.error ? R"({"success":false)" : R"({"success":true)";
  const auto add = [&out](std::string_view name, const std::string& value) {
    out.append(",\"").append(name).append("\":").append(value);
  };
  const auto add_text = [&add](std::string_view name, const std::string& value) {
    if (!value.empty()) add(name, json::serialize(json::value(value)));
  };
  if (outcome.error) add("error", json::serialize(json::value(utf8_decode(*outcome.error))));
  if (!outcome.error && !outcome.result.empty()) add("result", outcome.result);
  add_text("stdout", outcome.out.text());
  add_text("stderr", outcome.err.text());
  if (outcome.tab)
    add("tab", json::serialize(
                   json::object{{"target_id", outcome.tab->target_id}, {"created", outcome.tab->created}}));
  return out + "}";
}

}  // namespace wye::vm
