#include "net/head_parser.h"

#include <cstring>

#include "base/encoding.h"

namespace wye::net {
namespace {

constexpr std::uint8_t kToken = 1;   // RFC 9110 tchar
constexpr std::uint8_t kTarget = 2;  // what may stand in a request target
constexpr std::uint8_t kValue = 4;   // what may stand in a field value
constexpr std::uint8_t kHost = 8;    // what may stand in RFC 3986's host and port

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> table{};
  constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
  constexpr std::string_view kHostMarks = "-._~%!$&'()*+;=:[]";
  for (int c = 0; c < 256; ++c) {
    std::uint8_t bits = 0;
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (alnum || (c < 128 && c > 0 && kTokenMarks.find(static_cast<char>(c)) != std::string_view::npos))
      bits |= kToken;
    if (c > 0x20 && c < 0x7f && c != '#') bits |= kTarget;
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) bits |= kValue;
    if (alnum || (c > 0 && c < 128 && kHostMarks.find(static_cast<char>(c)) != std::string_view::npos))
      bits |= kHost;
    table[static_cast<std::size_t>(c)] = bits;
  }
  return table;
}
constexpr auto kClasses = make_classes();

bool all_of(std::string_view text, std::uint8_t bit) {
  std::uint8_t common = bit;
  for (const char c : text) common &= kClasses[static_cast<unsigned char>(c)];
  return common != 0;
}

// `lower` is lower-case letters and '-'.
bool same(std::string_view name, std::string_view lower) {
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const char c = name[i];
    if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != lower[i]) return false;
  }
  return true;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Digits only: no sign, no white space, no list.
bool parse_length(std::string_view text, std::uint64_t& out) {
  if (text.empty() || text.size() > 18) return false;
  out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

// Takes the line before the next CRLF off `rest`. A lone CR is left in the line, where every later check
// refuses it.
std::string_view take_line(std::string_view& rest) {
  const auto* feed = static_cast<const char*>(std::memchr(rest.data(), '\n', rest.size()));
  const auto size = static_cast<std::size_t>(feed - rest.data());
  const auto line = rest.substr(0, size - 1);
  rest.remove_prefix(size + 1);
  return line;
}

// What all fields together say about framing and the connection.
struct FieldSummary {
  int lengths = 0;
  int codings = 0;
  bool chunked = false;
  int hosts = 0;
  bool close = false;
  bool keep_alive = false;
  bool connection_upgrade = false;
  std::string_view upgrade;
};

HeadFault note(const FieldView& field, HeadView& out, FieldSummary& sum) {
  switch (field.id) {
    case FieldId::content_length:
      if (++sum.lengths > 1 || !parse_length(field.value, out.content_length)) return HeadFault::malformed;
      break;
    case FieldId::transfer_encoding:
      ++sum.codings;
      sum.chunked = iequals(field.value, "chunked");
      break;
    case FieldId::host:
      if (!all_of(field.value, kHost)) return HeadFault::malformed;
      ++sum.hosts;
      break;
    case FieldId::connection:
      sum.close = sum.close || has_token(field.value, "close");
      sum.keep_alive = sum.keep_alive || has_token(field.value, "keep-alive");
      sum.connection_upgrade = sum.connection_upgrade || has_token(field.value, "upgrade");
      break;
    case FieldId::upgrade:
      if (!sum.upgrade.empty()) return HeadFault::malformed;
      sum.upgrade = field.value;
      break;
    case FieldId::expect:
      if (!iequals(field.value, "100-continue")) return HeadFault::unknown_expectation;
      out.expects_continue = true;
      break;
    default:
      break;
  }
  return HeadFault::none;
}

HeadFault parse_fields(std::string_view rest, HeadView& out, FieldSummary& sum) {
  out.count = 0;
  out.content_length = 0;
  out.expects_continue = false;
  while (true) {
    const auto line = take_line(rest);
    if (line.empty()) return rest.empty() ? HeadFault::none : HeadFault::malformed;
    if (out.count == kMaxHeadFields) return HeadFault::too_large;
    const auto* colon = static_cast<const char*>(std::memchr(line.data(), ':', line.size()));
    if (colon == nullptr || colon == line.data()) return HeadFault::malformed;
    auto& field = out.storage[out.count++];
    field.name = line.substr(0, static_cast<std::size_t>(colon - line.data()));
    field.value = trimmed(line.substr(field.name.size() + 1));
    // A folded line begins with white space, and a name with white space behind it contains it: both fail
    // here.
    if (!all_of(field.name, kToken) || !all_of(field.value, kValue)) return HeadFault::malformed;
    field.id = identify_field(field.name);
    if (field.id == FieldId::other) continue;
    if (const auto fault = note(field, out, sum); fault != HeadFault::none) return fault;
  }
}

// Checks both directions: a length and a coding together, or two codings, are how requests are smuggled.
HeadFault check_framing(const HeadView& out, const FieldSummary& sum) {
  if (sum.codings > 0 && (sum.lengths > 0 || out.minor_version == 0 || sum.codings > 1))
    return HeadFault::malformed;
  if (sum.codings > 0 && !sum.chunked) return HeadFault::unsupported_coding;
  return HeadFault::none;
}

void settle_connection(HeadView& out, const FieldSummary& sum) {
  out.keep_alive = !sum.close && (out.minor_version == 1 || sum.keep_alive);
  out.upgrade = sum.connection_upgrade && out.minor_version == 1 ? sum.upgrade : std::string_view();
}

HeadFault parse_version(std::string_view text, int& minor) {
  if (text == "HTTP/1.1")
    minor = 1;
  else if (text == "HTTP/1.0")
    minor = 0;
  else if (text.size() == 8 && text.starts_with("HTTP/") && text[6] == '.')
    return HeadFault::unsupported_version;
  else
    return HeadFault::malformed;
  return HeadFault::none;
}

// Accepts absolute-form, as it must (RFC 9112 §3.2.2), and takes its path and query.
bool settle_target(HeadView& out) {
  if (out.target.starts_with('/')) return true;
  if (out.target == "*") return out.method == "OPTIONS";
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (out.target.size() <= scheme.size() || !iequals(out.target.substr(0, scheme.size()), scheme)) continue;
    const auto slash = out.target.find('/', scheme.size());
    const auto mark = out.target.find('?', scheme.size());
    if (mark < slash) return false;
    out.target = slash == std::string_view::npos ? std::string_view("/") : out.target.substr(slash);
    return true;
  }
  return false;
}

}  // namespace

std::string_view HeadView::get(FieldId id) const {
  for (const auto& field : fields())
    if (field.id == id) return field.value;
  return {};
}

FieldId identify_field(std::string_view name) {
  switch (name.size()) {
    case 2:
      return same(name, "te") ? FieldId::te : FieldId::other;
    case 4:
      return same(name, "host") ? FieldId::host : FieldId::other;
    case 6:
      return same(name, "expect") ? FieldId::expect : FieldId::other;
    case 7:
      if (same(name, "upgrade")) return FieldId::upgrade;
      return same(name, "trailer") ? FieldId::trailer : FieldId::other;
    case 9:
      return same(name, "forwarded") ? FieldId::x_forwarded : FieldId::other;
    case 10:
      if (same(name, "connection")) return FieldId::connection;
      return same(name, "keep-alive") ? FieldId::keep_alive : FieldId::other;
    case 12:
      if (same(name, "content-type")) return FieldId::content_type;
      if (same(name, "x-wye-source")) return FieldId::x_wye_source;
      return same(name, "x-request-id") ? FieldId::x_request_id : FieldId::other;
    case 13:
      return same(name, "authorization") ? FieldId::authorization : FieldId::other;
    case 14:
      return same(name, "content-length") ? FieldId::content_length : FieldId::other;
    case 15:
      return same(name, "x-forwarded-for") ? FieldId::x_forwarded : FieldId::other;
    case 16:
      if (same(name, "x-forwarded-host")) return FieldId::x_forwarded;
      return same(name, "proxy-connection") ? FieldId::proxy_hop : FieldId::other;
    case 17:
      if (same(name, "transfer-encoding")) return FieldId::transfer_encoding;
      return same(name, "x-forwarded-proto") ? FieldId::x_forwarded : FieldId::other;
    case 18:
      return same(name, "proxy-authenticate") ? FieldId::proxy_hop : FieldId::other;
    case 19:
      return same(name, "proxy-authorization") ? FieldId::proxy_hop : FieldId::other;
    default:
      return FieldId::other;
  }
}

int status_of(HeadFault fault) {
  switch (fault) {
    case HeadFault::none:
    case HeadFault::incomplete:
      return 200;
    case HeadFault::malformed:
      return 400;
    case HeadFault::too_large:
      return 431;
    case HeadFault::unsupported_version:
      return 505;
    case HeadFault::unsupported_coding:
      return 501;
    case HeadFault::unknown_expectation:
      return 417;
  }
  return 400;
}

std::string_view describe(HeadFault fault) {
  switch (fault) {
    case HeadFault::none:
      return "";
    case HeadFault::incomplete:
      return "the head is not complete";
    case HeadFault::malformed:
      return "the request is not valid HTTP/1.1";
    case HeadFault::too_large:
      return "the request's head is too large";
    case HeadFault::unsupported_version:
      return "only HTTP/1.1 and HTTP/1.0 are served here";
    case HeadFault::unsupported_coding:
      return "only the transfer coding chunked is served here";
    case HeadFault::unknown_expectation:
      return "only Expect: 100-continue is understood";
  }
  return "";
}

HeadEnd find_head_end(std::string_view bytes, std::size_t scanned) {
  // An empty line may straddle the border: steps back over what could be its beginning.
  std::size_t at = scanned > 3 ? scanned - 3 : 0;
  while (at < bytes.size()) {
    const auto* found = static_cast<const char*>(std::memchr(bytes.data() + at, '\n', bytes.size() - at));
    if (found == nullptr) break;
    const auto feed = static_cast<std::size_t>(found - bytes.data());
    if (feed == 0 || bytes[feed - 1] != '\r') return {HeadFault::malformed, 0};
    if (feed == 1) return {HeadFault::malformed, 0};
    if (feed >= 3 && bytes[feed - 2] == '\n') return {HeadFault::none, feed + 1};
    at = feed + 1;
  }
  return {HeadFault::incomplete, 0};
}

HeadFault parse_request_head(std::string_view head, HeadView& out) {
  auto rest = head;
  const auto line = take_line(rest);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return HeadFault::malformed;
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, last - first - 1);
  out.status = 0;
  out.reason = {};
  if (out.method.empty() || out.method.size() > kMaxMethodBytes || !all_of(out.method, kToken))
    return HeadFault::malformed;
  if (out.target.empty() || !all_of(out.target, kTarget)) return HeadFault::malformed;
  if (const auto fault = parse_version(line.substr(last + 1), out.minor_version); fault != HeadFault::none)
    return fault;
  if (!settle_target(out)) return HeadFault::malformed;

  FieldSummary sum;
  if (const auto fault = parse_fields(rest, out, sum); fault != HeadFault::none) return fault;
  if (const auto fault = check_framing(out, sum); fault != HeadFault::none) return fault;
  if (sum.hosts > 1 || (sum.hosts == 0 && out.minor_version == 1)) return HeadFault::malformed;
  settle_connection(out, sum);
  out.framing = sum.codings > 0 ? Framing::chunked : out.content_length > 0 ? Framing::length : Framing::none;
  // With a body under way it would not be clear whose bytes are whose; RFC 9110 §7.8 allows to ignore it.
  if (out.framing != Framing::none) out.upgrade = {};
  return HeadFault::none;
}

HeadFault parse_response_head(std::string_view head, bool to_head_request, HeadView& out) {
  auto rest = head;
  const auto line = take_line(rest);
  if (line.size() < 12 || line[8] != ' ') return HeadFault::malformed;
  out.method = {};
  out.target = {};
  if (const auto fault = parse_version(line.substr(0, 8), out.minor_version); fault != HeadFault::none)
    return fault;
  out.status = 0;
  for (const char c : line.substr(9, 3)) {
    if (c < '0' || c > '9') return HeadFault::malformed;
    out.status = out.status * 10 + (c - '0');
  }
  if (out.status < 100 || out.status > 599) return HeadFault::malformed;
  if (line.size() > 12 && line[12] != ' ') return HeadFault::malformed;
  out.reason = line.size() > 13 ? line.substr(13) : std::string_view();
  if (!all_of(out.reason, kValue)) return HeadFault::malformed;

  FieldSummary sum;
  if (const auto fault = parse_fields(rest, out, sum); fault != HeadFault::none) return fault;
  if (const auto fault = check_framing(out, sum); fault != HeadFault::none) return fault;
  settle_connection(out, sum);
  const bool bodiless = to_head_request || out.status < 200 || out.status == 204 || out.status == 304;
  if (bodiless)
    out.framing = Framing::none;
  else if (sum.codings > 0)
    out.framing = Framing::chunked;
  else if (sum.lengths > 0)
    out.framing = out.content_length > 0 ? Framing::length : Framing::none;
  else
    out.framing = Framing::until_close;
  return HeadFault::none;
}

bool is_field_name(std::string_view name) { return !name.empty() && all_of(name, kToken); }
bool is_field_value(std::string_view value) { return all_of(value, kValue); }

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (iequals(trimmed(list.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace wye::net
