#include "metro/metro_path.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/random.h"

namespace wye::metro {
namespace {

// Whether `path` is `prefix` itself or goes on below it.
bool is_below(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

bool is_plain(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

MetroPath checked(Surface surface, std::string_view session_id, std::string_view path) {
  auto tail = decoded_tail(path);
  if (!tail) return {surface, session_id, {}, {}};
  return {surface, session_id, path, std::move(*tail)};
}

}  // namespace

std::optional<std::string> decoded_tail(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  std::string out;
  while (true) {
    const auto slash = path.find('/');
    const auto raw = path.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    if (raw.empty()) return last ? std::optional(out) : std::nullopt;
    if (!out.empty()) out += '/';
    if (raw.find('%') == std::string_view::npos) {
      if (raw == "." || raw == ".." || !is_plain(raw)) return std::nullopt;
      out += raw;
    } else {
      const auto segment = percent_decode(raw);
      if (!segment || *segment == "." || *segment == ".." || !is_plain(*segment)) return std::nullopt;
      out += *segment;
    }
    if (last) return out;
    path.remove_prefix(slash + 1);
  }
}

MetroPath parse_metro_path(std::string_view path) {
  constexpr std::string_view kApi = "/browser/kernel";
  if (is_below(path, kApi)) {
    auto rest = path.substr(kApi.size());
    const auto id = rest.size() > 1 ? rest.substr(1, rest.find('/', 1) - 1) : std::string_view();
    if (!is_id(id)) return checked(Surface::api, {}, rest);
    return checked(Surface::api, id, rest.substr(1 + id.size()));
  }
  if (is_below(path, "/browser/cdp")) return checked(Surface::cdp, {}, path);
  if (is_below(path, "/browser/webdriver")) return checked(Surface::webdriver, {}, path);
  if (is_below(path, "/browser/live")) return checked(Surface::live, {}, path);
  if (is_below(path, "/browser/replays")) return checked(Surface::replays, {}, path);
  return {};
}

std::string without_jwt(std::string_view query, std::string* jwt) {
  std::string out;  // nearly always empty: the token is the whole query
  bool first = true;
  bool found = false;
  while (true) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    const auto equals = pair.find('=');
    const auto name = pair.substr(0, equals);
    const bool is_jwt =
        name == "jwt" || (name.find('%') != std::string_view::npos && percent_decode(name) == "jwt");
    if (is_jwt && !found && jwt != nullptr) {
      found = true;
      const auto value = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
      if (value.find('%') == std::string_view::npos)
        jwt->assign(value);
      else
        *jwt = percent_decode(value).value_or("");
    }
    if (!is_jwt) {
      if (!first) out += '&';
      out += pair;
      first = false;
    }
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace wye::metro
