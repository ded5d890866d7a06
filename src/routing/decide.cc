#include "routing/decide.h"

#include <algorithm>
#include <boost/url/parse.hpp>

#include "base/encoding.h"
#include "base/try.h"

namespace wye::routing {
namespace {

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

std::string_view trim(std::string_view text, std::string_view what) {
  const auto first = text.find_first_not_of(what);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(what) - first + 1);
}

bool is_version(std::string_view segment) {
  return segment.size() >= 2 && segment[0] == 'v' &&
         std::all_of(segment.begin() + 1, segment.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// `.` and `..`, each dot plain or percent-encoded.
bool is_dot_segment(std::string_view segment) {
  int dots = 0;
  while (!segment.empty()) {
    if (segment.front() == '.')
      segment.remove_prefix(1);
    else if (segment.size() >= 3 && segment[0] == '%' && segment[1] == '2' &&
             (segment[2] == 'e' || segment[2] == 'E'))
      segment.remove_prefix(3);
    else
      return false;
    if (++dots > 2) return false;
  }
  return dots > 0;
}

bool has_dot_segment(std::string_view tail) {
  for (;;) {
    const auto end = tail.find('/');
    if (is_dot_segment(tail.substr(0, end))) return true;
    if (end == std::string_view::npos) return false;
    tail.remove_prefix(end + 1);
  }
}

bool covers(std::string_view entry, std::string_view tail) {
  return tail.starts_with(entry) && (tail.size() == entry.size() || tail[entry.size()] == '/');
}

}  // namespace

Result<SplitUrl> split_url(std::string_view url) {
  if (const auto fragment = url.find('#'); fragment != std::string_view::npos) url = url.substr(0, fragment);
  const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
  if (!parsed || !parsed->has_authority() || parsed->host().empty())
    return bad("not an absolute URL: " + std::string(url.substr(0, url.find('?'))));
  const auto scheme = ascii_lower({parsed->scheme().data(), parsed->scheme().size()});
  if (scheme != "http" && scheme != "https") return bad("only http and https URLs are sent");
  if (parsed->has_userinfo()) return bad("a URL with user or password is not sent");
  const auto host = parsed->encoded_host();
  SplitUrl out;
  out.origin = scheme + "://" + ascii_lower({host.data(), host.size()});
  const auto port = parsed->port();
  if (!port.empty() && !(scheme == "http" && port == "80") && !(scheme == "https" && port == "443"))
    out.origin += ":" + std::string(port.data(), port.size());
  const auto path = parsed->encoded_path();
  out.path = path.empty() ? "/" : std::string(path.data(), path.size());
  const auto query = parsed->encoded_query();
  out.query.assign(query.data(), query.size());
  return out;
}

Result<BaseUrl> parse_base_url(std::string_view text) {
  auto split = split_url(text);
  if (!split)
    return Error{.kind = ErrorKind::invalid,
                 .code = "bad_base_url",
                 .message = "the base URL must be absolute, http or https, e.g. http://127.0.0.1:7711"};
  while (split->path.ends_with('/')) split->path.pop_back();
  return BaseUrl{std::move(split->origin), std::move(split->path)};
}

std::optional<BrowserPath> browser_path(std::string_view path) {
  path = trim(path, "/");
  const auto first_end = path.find('/');
  if (first_end != std::string_view::npos && is_version(path.substr(0, first_end)))
    path.remove_prefix(first_end + 1);
  constexpr std::string_view kBrowsers = "browsers/";
  if (!path.starts_with(kBrowsers)) return std::nullopt;
  path.remove_prefix(kBrowsers.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  const BrowserPath out{path.substr(0, slash), trim(path.substr(slash), "/")};
  if (out.tail.empty() || is_dot_segment(out.id) || has_dot_segment(out.tail)) return std::nullopt;
  return out;
}

std::vector<std::string> clean_allow_list(const std::vector<std::string>& entries) {
  std::vector<std::string> out;
  for (const auto& entry : entries)
    if (const auto clean = trim(entry, "/ \t\r\n"); !clean.empty()) out.emplace_back(clean);
  return out;
}

const std::vector<std::string>& default_allow_list() {
  static const std::vector<std::string> kDefault{"curl",    "telemetry", "computer",   "playwright",
                                                 "process", "fs",        "logs/stream"};
  return kDefault;
}

std::vector<std::string> allow_list_from_environment(const char* value) {
  if (value == nullptr) return default_allow_list();
  std::vector<std::string> entries;
  std::string_view rest(value);
  for (;;) {
    const auto comma = rest.find(',');
    entries.emplace_back(rest.substr(0, comma));
    if (comma == std::string_view::npos) return clean_allow_list(entries);
    rest.remove_prefix(comma + 1);
  }
}

std::optional<std::string_view> path_below(const BaseUrl& base, const SplitUrl& url) {
  const std::string_view path = url.path;
  if (url.origin != base.origin || !path.starts_with(base.path)) return std::nullopt;
  const auto rest = path.substr(base.path.size());
  if (!rest.empty() && rest.front() != '/') return std::nullopt;
  return rest;
}

Decision decide(const BaseUrl& base, const SplitUrl& url, const std::vector<std::string>& allow,
                RouteCache& cache) {
  if (url.origin != base.origin) return {Way::elsewhere, "not_control_plane", std::nullopt, {}};
  const auto below = path_below(base, url);
  const auto path = below ? browser_path(*below) : std::nullopt;
  if (!path) return {Way::control_plane, "not_a_browser_path", std::nullopt, {}};
  const bool allowed =
      std::any_of(allow.begin(), allow.end(), [&](const auto& entry) { return covers(entry, path->tail); });
  if (!allowed) return {Way::control_plane, "not_allowed", std::nullopt, path->tail};
  std::optional<Route> route;
  if (path->id.find('%') == std::string_view::npos) {
    route = cache.find(path->id);
  } else if (const auto id = percent_decode(path->id)) {
    route = cache.find(*id);
  }
  if (!route) return {Way::control_plane, "no_route", std::nullopt, path->tail};
  return {Way::direct, "direct", std::move(route), path->tail};
}

}  // namespace wye::routing
