#include "vm/telemetry/collector/object_text.h"

#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::array<bool, 256> kNeedsEscape = [] {
  std::array<bool, 256> out{};
  for (int i = 0; i < 0x20; ++i) out[static_cast<std::size_t>(i)] = true;
  out['"'] = out['\\'] = true;
  return out;
}();

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u00";
  out += kHex[static_cast<unsigned char>(c) >> 4];
  out += kHex[static_cast<unsigned char>(c) & 15];
}

}  // namespace

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!kNeedsEscape[static_cast<unsigned char>(text[at])]) continue;
    out += text.substr(from, at - from);
    append_escape(out, text[at]);
    from = at + 1;
  }
  out += text.substr(from);
  out += '"';
}

std::string number_text(double value) {
  if (!std::isfinite(value)) return "0";
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

void ObjectText::key(std::string_view name) {
  if (out_.size() > 1) out_ += ',';
  out_ += '"';
  out_ += name;
  out_ += "\":";
}

ObjectText& ObjectText::text(std::string_view name, std::string_view value) {
  key(name);
  append_quoted(out_, value);
  return *this;
}

ObjectText& ObjectText::text_if(std::string_view name, std::string_view value) {
  return value.empty() ? *this : text(name, value);
}

ObjectText& ObjectText::number(std::string_view name, std::int64_t value) {
  key(name);
  out_ += std::to_string(value);
  return *this;
}

ObjectText& ObjectText::number(std::string_view name, double value) { return raw(name, number_text(value)); }

ObjectText& ObjectText::flag(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

ObjectText& ObjectText::object(std::string_view name, const json::object& value) {
  return raw(name, json::serialize(value));
}

ObjectText& ObjectText::raw(std::string_view name, std::string_view text) {
  key(name);
  out_ += text;
  return *this;
}

ObjectText& ObjectText::members(std::string_view object) {
  if (object.size() <= 2) return *this;
  if (out_.size() > 1) out_ += ',';
  out_ += object.substr(1, object.size() - 2);
  return *this;
}

std::string ObjectText::finish() && {
  out_ += '}';
  return std::move(out_);
}

std::string_view text_at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

const json::object& object_at(const json::object& object, std::string_view key) {
  static const json::object kNone;
  const auto* found = object.if_contains(key);
  const auto* inner = found != nullptr ? found->if_object() : nullptr;
  return inner != nullptr ? *inner : kNone;
}

double number_at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  if (found == nullptr) return 0;
  if (found->is_double()) return found->get_double();
  if (found->is_int64()) return static_cast<double>(found->get_int64());
  return found->is_uint64() ? static_cast<double>(found->get_uint64()) : 0;
}

std::int64_t integer_at(const json::object& object, std::string_view key) {
  constexpr double kLargest = 9.007199254740992e15;
  const auto number = number_at(object, key);
  return number >= -kLargest && number <= kLargest ? static_cast<std::int64_t>(number) : 0;
}

bool flag_at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_bool() && found->get_bool();
}

}  // namespace wye::vm
