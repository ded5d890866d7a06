#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace wye::vm {

/// Writes one JSON object member by member, as text: what the collector says a thousand times a second is
/// never a tree of values. Texts must be UTF-8 (what `parse_cdp` reads is).
class ObjectText {
 public:
  ObjectText() { out_.reserve(512); }

  ObjectText& text(std::string_view key, std::string_view value);
  /// Left out when empty.
  ObjectText& text_if(std::string_view key, std::string_view value);
  ObjectText& number(std::string_view key, std::int64_t value);
  ObjectText& number(std::string_view key, double value);
  ObjectText& flag(std::string_view key, bool value);
  ObjectText& object(std::string_view key, const boost::json::object& value);
  /// `json` is JSON already.
  ObjectText& raw(std::string_view key, std::string_view json);
  /// Members as `finish()` of another made them, without its braces.
  ObjectText& members(std::string_view object);

  [[nodiscard]] std::string finish() &&;
  [[nodiscard]] std::string finish() & = delete;

 private:
  void key(std::string_view name);
  std::string out_ = "{";
};

/// Appends the text with quotes, escaped.
void append_quoted(std::string& out, std::string_view text);

/// The shortest digits that are the number, as a page would print most; "0" for what JSON has no word for.
[[nodiscard]] std::string number_text(double value);

// What events hold, read without complaint: a field that is missing or of another type reads as nothing.
[[nodiscard]] std::string_view text_at(const boost::json::object& object, std::string_view key);
[[nodiscard]] const boost::json::object& object_at(const boost::json::object& object, std::string_view key);
[[nodiscard]] double number_at(const boost::json::object& object, std::string_view key);
[[nodiscard]] std::int64_t integer_at(const boost::json::object& object, std::string_view key);
[[nodiscard]] bool flag_at(const boost::json::object& object, std::string_view key);

}  // namespace wye::vm
