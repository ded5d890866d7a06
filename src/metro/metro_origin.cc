#include "metro/metro_origin.h"

#include <algorithm>

#include "base/encoding.h"

namespace wye::metro {
namespace {

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

std::string_view without_port(std::string_view host) {
  const auto bracket = host.find(']');
  return host.substr(0, host.find(':', bracket == std::string_view::npos ? 0 : bracket));
}

}  // namespace

Result<MetroOrigin> MetroOrigin::parse(std::string_view text) {
  MetroOrigin out;
  const auto mark = text.find("://");
  out.scheme_ = ascii_lower(text.substr(0, std::min(mark, text.size())));
  if (mark == std::string_view::npos || (out.scheme_ != "http" && out.scheme_ != "https"))
    return bad("the metro's URL must begin with https:// or http://, not \"" + std::string(text) + "\"");
  auto host = text.substr(mark + 3);
  while (host.ends_with('/')) host.remove_suffix(1);
  out.per_session_ = host.starts_with("*.");
  if (out.per_session_) host.remove_prefix(1);
  const bool printable =
      std::all_of(host.begin(), host.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (host.size() <= (out.per_session_ ? 1 : 0) || !printable ||
      host.find_first_of("*?#@\\") != std::string_view::npos)
    return bad(
        "the metro's URL must be http(s)://HOST[:PORT], or http(s)://*.HOST[:PORT] for an origin a session");
  if (out.per_session_ && host.find('/') != std::string_view::npos)
    return bad("the metro's URL takes no path where each session has a host of its own");
  out.host_ = out.per_session_ ? ascii_lower(host) : std::string(host);
  return out;
}

std::string MetroOrigin::host_of(std::string_view session_id) const {
  return per_session_ ? std::string(session_id) + host_ : host_;
}

bool MetroOrigin::admits(std::string_view host_field, std::string_view session_id) const {
  if (!per_session_) return true;
  auto host = without_port(host_field);
  if (host.ends_with('.')) host.remove_suffix(1);  // a host with the root's dot
  const auto suffix = without_port(host_);
  return host.size() == session_id.size() + suffix.size() &&
         iequals(host.substr(0, session_id.size()), session_id) &&
         iequals(host.substr(session_id.size()), suffix);
}

}  // namespace wye::metro
