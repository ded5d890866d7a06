#include "wire/known_api.h"

#include <algorithm>
#include <array>
#include <string>

namespace wye::wire {
namespace {

// `{}` is any one segment, `**` any rest, even none.
constexpr std::array kResources = {
    "browser_pools",
    "browser_pools/{}",
    "browser_pools/{}/acquire",
    "browser_pools/{}/release",
    "browser_pools/{}/flush",
    "profiles",
    "profiles/{}",
    "profiles/{}/download",
    "proxies",
    "proxies/{}",
    "proxies/{}/check",
    "extensions",
    "extensions/{}",
    "extensions/{}/metadata",
    "org/projects",
    "org/projects/{}",
    "org/projects/{}/limits",
    "org/limits",
    "org/entitlements",
    "org/credential_providers/**",
    "projects",
    "projects/{}",
    "projects/{}/limits",
    "audit-logs",
    "audit-logs/export/**",
    "apps/**",
    "deployments/**",
    "invocations/**",
    "auth/connections/**",
    "credentials/**",
    "credential_providers/**",
    "vaults/**",
    "vault-provider-configs/**",
    "config-registry/**",
    "analyses/**",
    "search/**",
};

std::string_view next_segment(std::string_view& rest) {
  const auto end = std::min(rest.find('/'), rest.size());
  const auto segment = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return segment;
}

bool matches(std::string_view pattern, std::string_view path) {
  while (!pattern.empty()) {
    const auto wanted = next_segment(pattern);
    if (wanted == "**") return true;
    const auto segment = next_segment(path);
    if (segment.empty() || (wanted != "{}" && wanted != segment)) return false;
  }
  return path.empty();
}

}  // namespace

bool is_known_resource(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::any_of(kResources.begin(), kResources.end(),
                     [path](const char* pattern) { return matches(pattern, path); });
}

Error not_implemented(std::string_view path_or_field) {
  return {
      .kind = ErrorKind::unsupported,
      .code = "not_implemented",
      .message = std::string(path_or_field) + " is part of the API, but this version of Wye does not have it",
      .status = 501};
}

bool is_devtools_path(std::string_view path) {
  const auto is_below = [path](std::string_view prefix) {
    return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
  };
  return is_below("/json") || is_below("/devtools") || is_below("/cdp") || is_below("/browser/cdp");
}

Error wrong_cdp_url(bool tls, std::string_view host) {
  return {.kind = ErrorKind::not_found,
          .code = "wrong_cdp_url",
          .message =
              "no browser's DevTools are here; connect to the cdp_ws_url of the browser object, which is "
              "like " +
              std::string(tls ? "wss://" : "ws://") + std::string(host) +
              "/browser/cdp?jwt=TOKEN; a client that takes only host and port needs `wye browsers cdp ID`",
          .status = 404};
}

}  // namespace wye::wire
