#include "routing/url.h"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <vector>

#include "base/encoding.h"

namespace wye::routing {
namespace {

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

bool is_absolute(std::string_view path) {
  return path.size() > 7 && (iequals(path.substr(0, 7), "http://") || iequals(path.substr(0, 8), "https://"));
}

}  // namespace

Result<SplitUrl> split_url(std::string_view url) {
  const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
  // The error does not quote the URL, whose query may hold a token.
  if (!parsed || !parsed->has_authority() || parsed->host().empty()) return bad("not an absolute URL");
  const auto scheme = ascii_lower({parsed->scheme().data(), parsed->scheme().size()});
  if (scheme != "http" && scheme != "https") return bad("only http and https URLs are sent");
  if (parsed->has_userinfo()) return bad("a URL with a user or password is not sent");
  const auto host = parsed->encoded_host();
  // Servers and libraries disagree on what such a host means, and so on whose origin it is.
  if (!host.starts_with('[') && host.find('%') != host.npos)
    return bad("a URL whose host is percent-encoded is not sent");
  const auto port = parsed->port();
  SplitUrl out;
  out.origin = scheme + "://" + ascii_lower({host.data(), host.size()});
  const bool usual = (scheme == "http" && port == "80") || (scheme == "https" && port == "443");
  if (!port.empty() && !usual) out.origin += ":" + std::string(port.data(), port.size());
  const auto path = parsed->encoded_path();
  // Boost.URL takes the text after a port without a slash for the path: "https://a:443.evil" would have the
  // origin "https://a" but lead to "a.evil".
  if (!path.empty() && path.front() != '/') return bad("not an absolute URL");
  out.path = path.empty() ? "/" : std::string(path.data(), path.size());
  const auto query = parsed->encoded_query();
  out.query.assign(query.data(), query.size());
  return out;
}

Result<BaseUrl> parse_base_url(std::string_view text) {
  auto split = split_url(text);
  if (!split || !split->query.empty())
    return Error{.kind = ErrorKind::invalid,
                 .code = "bad_base_url",
                 .message =
                     "the base URL must be absolute, http or https, without user or query, e.g. "
                     "http://127.0.0.1:7711"};
  while (split->path.ends_with('/')) split->path.pop_back();
  return BaseUrl{std::move(split->origin), std::move(split->path)};
}

Result<SplitUrl> request_url(const BaseUrl& base, std::string_view path) {
  if (is_absolute(path)) return split_url(path);
  path = path.substr(0, path.find('#'));
  const auto mark = path.find('?');
  const auto plain = path.substr(0, mark);
  SplitUrl out{.origin = base.origin, .path = base.path};
  if (!plain.starts_with('/')) out.path += '/';
  out.path += plain;
  if (mark != std::string_view::npos) out.query = path.substr(mark + 1);
  return out;
}

std::optional<std::string_view> path_below(const BaseUrl& base, const SplitUrl& url) {
  const std::string_view path = url.path;
  if (url.origin != base.origin || !path.starts_with(base.path)) return std::nullopt;
  const auto rest = path.substr(base.path.size());
  if (!rest.empty() && rest.front() != '/') return std::nullopt;
  return rest;
}

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

std::string resolved_path(std::string_view path) {
  auto plain = percent_decode(path).value_or(std::string(path));
  for (auto& c : plain)
    if (c == '\\') c = '/';
  std::vector<std::string_view> kept;
  for (std::string_view rest = plain;;) {
    const auto end = rest.find('/');
    const auto segment = rest.substr(0, end);
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != "." && !segment.empty()) {
      kept.push_back(segment);
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  std::string out;
  for (const auto segment : kept) (out += '/') += segment;
  return out.empty() ? "/" : out;
}

std::optional<SplitUrl> resolve_location(const SplitUrl& from, std::string_view location) {
  const auto reference = boost::urls::parse_uri_reference({location.data(), location.size()});
  const auto text = from.text();
  const auto base = boost::urls::parse_uri({text.data(), text.size()});
  if (!reference || !base) return std::nullopt;
  boost::urls::url resolved;
  if (!boost::urls::resolve(*base, *reference, resolved)) return std::nullopt;
  const auto whole = resolved.buffer();
  auto split = split_url({whole.data(), whole.size()});
  if (!split) return std::nullopt;
  return std::move(*split);
}

}  // namespace wye::routing
