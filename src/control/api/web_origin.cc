#include "control/api/web_origin.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include "base/encoding.h"

namespace wye::control {
namespace {

constexpr std::string_view kLocal = "localhost";

bool is_digits(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_ipv4(std::string_view text) {
  for (int part = 0; part < 4; ++part) {
    const auto dot = std::min(text.find('.'), text.size());
    if (!is_digits(text.substr(0, dot), 3) || (part < 3) != (dot < text.size())) return false;
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return text.empty();
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

// Reads `name`, `address` or `[address]` without its port, in lower case; nothing for other text.
std::optional<std::string> host_of(std::string_view field) {
  auto end = field.find(':');
  if (field.starts_with('[')) {
    end = field.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    ++end;
  }
  end = std::min(end, field.size());
  const auto port = field.substr(end);
  if (!port.empty() && (port[0] != ':' || !is_digits(port.substr(1), 5))) return std::nullopt;
  auto host = ascii_lower(field.substr(0, end));
  if (host.starts_with('[')) {
    in6_addr address{};
    const bool is_one = ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &address) == 1;
    return is_one ? std::optional(std::move(host)) : std::nullopt;
  }
  if (host.size() > 1 && host.ends_with('.')) host.pop_back();  // a host with the root's dot
  return is_name(host) ? std::optional(std::move(host)) : std::nullopt;
}

}  // namespace

WebOrigin::WebOrigin(std::string_view listen_host, const std::vector<std::string>& names) {
  names_.push_back(ascii_lower(listen_host));
  for (const auto& name : names)
    if (auto host = host_of(name)) names_.push_back(std::move(*host));
}

bool WebOrigin::allows_host(std::string_view field) const {
  if (field.empty()) return true;
  const auto host = host_of(field);
  if (!host) return false;
  // A name whose DNS a page's owner controls has a dot; an address needs no DNS.
  if (host->starts_with('[') || is_ipv4(*host) || host->find('.') == std::string::npos) return true;
  if (host->ends_with("." + std::string(kLocal))) return true;
  return std::find(names_.begin(), names_.end(), *host) != names_.end();
}

bool WebOrigin::is_own_origin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")})
    if (!host.empty() && origin.starts_with(scheme) && iequals(origin.substr(scheme.size()), host))
      return true;
  return false;
}

std::optional<Error> WebOrigin::refusal(const net::RequestHead& head) const {
  const auto host = head.headers.get("Host");
  if (!allows_host(host))
    return Error{.kind = ErrorKind::denied,
                 .code = "host_not_allowed",
                 .message =
                     "this server does not answer to that Host; use its address, or start it with "
                     "--allow-host NAME",
                 .status = 421};
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if ((reads && head.upgrade.empty()) || !head.headers.has("Origin")) return std::nullopt;
  if (is_own_origin(head.headers.get("Origin"), host)) return std::nullopt;
  return Error{.kind = ErrorKind::denied,
               .code = "origin_not_allowed",
               .message = "web pages of another origin may not drive this server",
               .status = 403};
}

}  // namespace wye::control
