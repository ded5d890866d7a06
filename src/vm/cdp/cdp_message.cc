#include "vm/cdp/cdp_message.h"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>

#include "base/encoding.h"
#include "events/make_record.h"

namespace wye::vm {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxDepth = 256;  // deeper than any event of Chromium's
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kCut = "...[truncated]";

// Drives Boost.JSON's own parser, but cuts strings that are too long.
struct Handler {
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);
  using Code = json::error_code;
  using View = json::string_view;

  explicit Handler(std::size_t limit) : max_string(limit) {}
  json::value_stack stack;
  std::size_t max_string;
  bool cut = false;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return true; }
  bool on_object_end(std::size_t size, Code&) { return stack.push_object(size), true; }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t size, Code&) { return stack.push_array(size), true; }
  bool on_key_part(View text, std::size_t, Code&) { return stack.push_chars(text), true; }
  bool on_key(View text, std::size_t, Code&) { return stack.push_key(text), true; }
  bool on_string_part(View text, std::size_t total, Code&) {
    keep(text, total);
    return true;
  }
  bool on_string(View text, std::size_t total, Code&) {
    keep(text, total);
    stack.push_string(cut ? View(kCut.data(), kCut.size()) : View());
    cut = false;
    return true;
  }
  bool on_number_part(View, Code&) { return true; }
  bool on_int64(std::int64_t value, View, Code&) { return stack.push_int64(value), true; }
  bool on_uint64(std::uint64_t value, View, Code&) { return stack.push_uint64(value), true; }
  // 1e400 is read as infinity, which JSON cannot express.
  bool on_double(double value, View, Code&) {
    if (std::isfinite(value))
      stack.push_double(value);
    else
      stack.push_null();
    return true;
  }
  bool on_bool(bool value, Code&) { return stack.push_bool(value), true; }
  bool on_null(Code&) { return stack.push_null(), true; }
  bool on_comment_part(View, Code&) { return true; }
  bool on_comment(View, Code&) { return true; }

  // `total` counts the string's bytes up to the end of this piece. Pieces end between characters.
  void keep(View text, std::size_t total) {
    if (cut) return;
    const auto before = total - text.size();
    if (total <= max_string) return stack.push_chars(text);
    auto room = max_string - before;
    while (room > 0 && (static_cast<unsigned char>(text[room]) & 0xc0) == 0x80) --room;
    stack.push_chars(text.substr(0, room));
    cut = true;
  }
};

std::optional<json::value> parse_strictly(std::string_view text, std::size_t max_string,
                                          const json::storage_ptr& storage) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::basic_parser<Handler> parser(options, max_string);
  parser.handler().stack.reset(storage);
  json::error_code error;
  const auto read = parser.write_some(false, text.data(), text.size(), error);
  if (error || read != text.size()) return std::nullopt;
  return parser.handler().stack.release();
}

std::optional<unsigned> hex_of_escape(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  unsigned value = 0;
  const auto* const begin = text.data() + at + 2;
  const auto [end, error] = std::from_chars(begin, begin + 4, value, 16);
  return error == std::errc() && end == begin + 4 ? std::optional(value) : std::nullopt;
}

// Returns the end of the character at `at`, if there is a whole one.
std::size_t end_of_character(std::string_view text, std::size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  return is_utf8(text.substr(at, length)) && at + length <= text.size() ? at + length : at;
}

}  // namespace

std::string mended(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '\\') {
      const auto code = hex_of_escape(text, at);
      const auto next = code && *code >= 0xd800 && *code <= 0xdbff ? hex_of_escape(text, at + 6)
                                                                   : std::optional<unsigned>();
      const bool pair = next && *next >= 0xdc00 && *next <= 0xdfff;
      const bool lone = code && *code >= 0xd800 && *code <= 0xdfff && !pair;
      const bool plain = at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0x80;
      const std::size_t length = pair ? 12 : code ? 6 : plain ? 2 : 1;
      out += lone ? kReplacement : text.substr(at, length);
      at += std::min(length, text.size() - at);
    } else if (const auto end = end_of_character(text, at); end > at) {
      out += text.substr(at, end - at);
      at = end;
    } else {
      out += kReplacement;
      ++at;
    }
  }
  return out;
}

Result<json::value> parse_cdp(std::string_view text, Strings strings, json::storage_ptr storage) {
  const auto limit = strings == Strings::cut ? events::kMaxCapturedString : std::size_t(-1);
  if (auto value = parse_strictly(text, limit, storage)) return std::move(*value);
  if (auto value = parse_strictly(mended(text), limit, storage)) return std::move(*value);
  return Error{.kind = ErrorKind::internal, .code = "cdp_error", .message = "DevTools sent what is not JSON"};
}

std::optional<CdpHead> read_cdp_head(std::string_view text) {
  constexpr std::string_view kMethod = R"({"method":")", kId = R"({"id":)", kSession = R"("sessionId":")";
  CdpHead head;
  if (text.starts_with(kMethod)) {
    const auto end = text.find('"', kMethod.size());
    if (end == std::string_view::npos) return std::nullopt;
    head.method = text.substr(kMethod.size(), end - kMethod.size());
    if (head.method.empty() || head.method.find('\\') != std::string_view::npos) return std::nullopt;
  } else if (text.starts_with(kId)) {
    const auto [end, error] = std::from_chars(text.data() + kId.size(), text.data() + text.size(), head.id);
    if (error != std::errc() || end == text.data() + text.size() || *end != ',') return std::nullopt;
  } else {
    return std::nullopt;
  }
  // An object whose last member is a string ends with `"}`; anything inside `params` or `result` would leave
  // one more brace behind it.
  if (!text.ends_with("\"}")) return head;
  const auto value_end = text.size() - 2;
  const auto value_begin = text.rfind('"', value_end - 1);
  if (value_begin == std::string_view::npos || value_begin + 1 < kSession.size()) return std::nullopt;
  if (text.substr(value_begin + 1 - kSession.size(), kSession.size()) != kSession) return std::nullopt;
  head.session = text.substr(value_begin + 1, value_end - value_begin - 1);
  return head;
}

const json::object& CdpEvent::params() {
  static const json::object kNone;
  if (!parsed_) {
    memory_.emplace(first_block_, sizeof first_block_);
    auto read = parse_cdp(text_, Strings::cut, &*memory_);
    parsed_.emplace(read && read->is_object() ? std::move(*read) : json::value(&*memory_));
    if (auto* object = parsed_->if_object())
      if (const auto* found = object->if_contains("params")) params_ = found->if_object();
  }
  return params_ != nullptr ? *params_ : kNone;
}

}  // namespace wye::vm
