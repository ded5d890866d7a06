#include "net/host_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <optional>

namespace wye::net {
namespace {

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

std::optional<std::string> shortest(const std::string& address) {
  in6_addr parsed{};
  if (::inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &parsed, text.data(), text.size());
  return text.data();
}

}  // namespace

Result<HostPort> parse_host_port(std::string_view text) {
  const auto quoted = "\"" + std::string(text) + "\"";
  const auto colon = text.rfind(':');
  const bool bracketed = text.starts_with('[');
  if (text.find('%') != std::string_view::npos)
    return bad("an address with a zone id cannot be used, since no URL can hold it: " + quoted +
               "; use a global address, or [::] for all");
  if (shortest(std::string(text)) || (!bracketed && text.find(':') != colon))
    return bad("an IPv6 address is written in brackets and with a port, as [::1]:7711, not " + quoted);
  HostPort out;
  if (colon == std::string_view::npos || text.ends_with(']')) return bad("HOST:PORT, not " + quoted);
  const auto port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc() || end != port.data() + port.size())
    return bad("HOST:PORT with a port up to 65535, not " + quoted);
  auto host = std::string(text.substr(0, colon));
  if (host.empty() || host.find_first_of(" /@?#") != std::string::npos)
    return bad("HOST:PORT, not " + quoted);
  if (bracketed) {
    const auto address = host.ends_with(']') ? shortest(host.substr(1, host.size() - 2)) : std::nullopt;
    if (!address) return bad("there is no IPv6 address in the brackets of " + quoted);
    host = *address;
  }
  out.host = std::move(host);
  return out;
}

std::string authority(std::string_view host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return (v6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + std::to_string(port);
}

}  // namespace wye::net
