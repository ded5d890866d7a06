#include "events/envelope_check.h"

#include <boost/json/basic_parser_impl.hpp>
#include <cmath>

#include "wire/json_codec.h"

namespace wye::events {
namespace {

namespace json = boost::json;

// Follows the parser and remembers only the fields of the outermost object that the check needs. When a field
// comes twice, the last one counts, as in a parsed tree.
struct Handler {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);
  using Code = json::error_code;
  using View = json::string_view;

  explicit Handler(std::int64_t wanted) : seq(wanted) {}
  const std::int64_t seq;
  bool is_object = false, has_seq = false, has_event = false, finite = true;
  int depth = 0;
  enum class Field { other, seq, event } field = Field::other;
  char key[5] = {};  // the beginning of a key that comes in pieces

  void value(bool is_seq, bool object) {
    if (depth != 1) return;
    if (field == Field::seq) has_seq = is_seq;
    if (field == Field::event) has_event = object;
  }
  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) {
    value(false, true);
    if (depth++ == 0) is_object = true;
    return true;
  }
  bool on_object_end(std::size_t, Code&) { return --depth, true; }
  bool on_array_begin(Code&) {
    value(false, false);
    ++depth;
    return true;
  }
  bool on_array_end(std::size_t, Code&) { return --depth, true; }
  bool on_key_part(View text, std::size_t total, Code&) {
    for (std::size_t i = 0, at = total - text.size(); i < text.size() && at < sizeof key; ++i, ++at)
      key[at] = text[i];
    return true;
  }
  bool on_key(View text, std::size_t total, Code& code) {
    if (depth != 1) return true;
    on_key_part(text, total, code);
    const View whole(key, std::min(total, sizeof key));
    field = total == 3 && whole == "seq"     ? Field::seq
            : total == 5 && whole == "event" ? Field::event
                                             : Field::other;
    return true;
  }
  bool on_string_part(View, std::size_t, Code&) { return true; }
  bool on_string(View, std::size_t, Code&) { return value(false, false), true; }
  bool on_number_part(View, Code&) { return true; }
  bool on_int64(std::int64_t number, View, Code&) { return value(number == seq, false), true; }
  bool on_uint64(std::uint64_t, View, Code&) { return value(false, false), true; }
  bool on_double(double number, View, Code&) {
    finite = finite && std::isfinite(number);
    return value(false, false), true;
  }
  bool on_bool(bool, Code&) { return value(false, false), true; }
  bool on_null(Code&) { return value(false, false), true; }
  bool on_comment_part(View, Code&) { return true; }
  bool on_comment(View, Code&) { return true; }
};

}  // namespace

bool is_envelope(std::string_view text, std::int64_t seq) {
  json::parse_options options;
  options.max_depth = wire::kMaxJsonDepth;
  json::basic_parser<Handler> parser(options, seq);
  json::error_code error;
  const auto read = parser.write_some(false, text.data(), text.size(), error);
  const auto& seen = parser.handler();
  return !error && read == text.size() && seen.is_object && seen.has_seq && seen.has_event && seen.finite;
}

}  // namespace wye::events
