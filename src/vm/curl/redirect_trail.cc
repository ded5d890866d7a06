#include "vm/curl/redirect_trail.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"

namespace wye::vm {
namespace {

constexpr std::array<std::string_view, 2> kCredentials{"authorization", "cookie"};
constexpr std::array<std::string_view, 5> kOfBody{"content-encoding", "content-language", "content-location",
                                                  "content-type", "content-length"};

template <std::size_t kSize>
bool is_one_of(std::string_view lower, const std::array<std::string_view, kSize>& names) {
  return std::find(names.begin(), names.end(), lower) != names.end();
}

bool has_safe_name(std::string_view method) { return method == "GET" || method == "HEAD"; }

}  // namespace

std::string origin_of(std::string_view url) {
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) return {};
  const auto scheme = ascii_lower(url.substr(0, colon));
  auto authority = url.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const auto user = authority.rfind('@'); user != std::string_view::npos)
    authority.remove_prefix(user + 1);
  const std::string_view own_port = scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(own_port))
    authority.remove_suffix(own_port.size());
  else if (authority.ends_with(':'))
    authority.remove_suffix(1);
  return scheme + "://" + ascii_lower(authority);
}

void RedirectTrail::on_hop(std::string_view url, std::string_view method) {
  auto origin = origin_of(url);
  if (hops_++ > 0) {
    left_origin_ = left_origin_ || origin != origin_;
    // Chromium has changed the method by the standard's rules for 301, 302 and 303.
    lost_body_ = lost_body_ || (method != method_ && !has_safe_name(method_));
  }
  origin_ = std::move(origin);
  method_ = method;
}

bool RedirectTrail::keeps(std::string_view lower_name) const {
  return !(left_origin_ && is_one_of(lower_name, kCredentials)) &&
         !(lost_body_ && is_one_of(lower_name, kOfBody));
}

net::Headers headers_of_hop(const net::Headers& chromiums, const net::Headers& callers,
                            const RedirectTrail& trail) {
  net::Headers out;
  for (const auto& [name, value] : chromiums) {
    const auto lower = ascii_lower(name);
    // Chromium reports the caller's fields of an earlier hop as its own.
    if (lower == "origin" || lower == "referer" || (callers.has(name) && !trail.keeps(lower))) continue;
    out.add(name, value);
  }
  for (const auto& [name, value] : callers)
    if (trail.keeps(ascii_lower(name))) out.set(name, value);
  return out;
}

}  // namespace wye::vm
