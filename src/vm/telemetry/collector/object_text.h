#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace wye::vm {

/// Writes one JSON object as text, member by member: events that occur a thousand times a second are never
/// built as trees. Texts must be UTF-8 (those of `parse_cdp` are).
class ObjectText {
 public:
  ObjectText() { out_.reserve(512); }

  ObjectText& text(std::string_view key, std::string_view value);
  /// Omits the member when the value is empty.
  ObjectText& text_if(std::string_view key, std::string_view value);
  ObjectText& number(std::string_view key, std::int64_t value);
  ObjectText& number(std::string_view key, double value);
  ObjectText& flag(std::string_view key, bool value);
  ObjectText& object(std::string_view key, const boost::json::object& value);
  /// `json` is JSON already.
  ObjectText& raw(std::string_view key, std::string_view json);
  /// Adds the members of another object's `finish()`, without its braces.
  ObjectText& members(std::string_view object);

  [[nodiscard]] std::string finish() &&;
  [[nodiscard]] std::string finish() & = delete;

 private:
  void key(std::string_view name);
  std::string out_ = "{";
};

/// Appends the text with quotes, escaped.
void append_quoted(std::string& out, std::string_view text);

/// Writes a number with the fewest digits; "0" for numbers that JSON cannot express.
[[nodiscard]] std::string number_text(double value);

// Lenient readers of events: a missing field, or one of another type, reads as nothing.
[[nodiscard]] std::string_view text_at(const boost::json::object& object, std::string_view key);
[[nodiscard]] const boost::json::object& object_at(const boost::json::object& object, std::string_view key);
[[nodiscard]] double number_at(const boost::json::object& object, std::string_view key);
[[nodiscard]] std::int64_t integer_at(const boost::json::object& object, std::string_view key);
[[nodiscard]] bool flag_at(const boost::json::object& object, std::string_view key);

}  // namespace wye::vm
