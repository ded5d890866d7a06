#include "cli/cdp/local_names.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/encoding.h"
#include "net/loopback_host.h"
#include "wire/json_codec.h"

namespace wye::cli {

namespace json = boost::json;

namespace {

constexpr std::string_view kBrowser = "/devtools/browser", kPage = "/devtools/page/";
constexpr std::size_t kMaxTargetId = 128;
constexpr const char* kAddress = "webSocketDebuggerUrl";
constexpr const char* kFrontend = "devtoolsFrontendUrl";
// The DevTools frontend that is part of Chrome, and its origin, which no web page can have.
constexpr std::string_view kFrontendPage = "devtools://devtools/bundled/inspector.html?ws=";
constexpr std::string_view kFrontendOrigin = "devtools://devtools";

// Returns the host without port and brackets; "" when the field is no host.
std::string host_of(std::string_view field) {
  if (field.starts_with('[')) {
    const auto end = field.find(']');
    return end == std::string_view::npos ? "" : std::string(field.substr(1, end - 1));
  }
  return ascii_lower(field.substr(0, field.find(':')));
}

bool is_address(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_port(std::string_view text) {
  return text.empty() || (text[0] == ':' && text.size() <= 6 &&
                          text.substr(1).find_first_not_of("0123456789") == std::string_view::npos);
}

bool is_target_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxTargetId && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

Error refused(const char* code, std::string message) {
  return {.kind = ErrorKind::denied, .code = code, .message = std::move(message), .status = 403};
}

void set_local_urls(json::object& target, std::string_view host, std::string_view session_id) {
  if (!target.contains(kAddress)) return;
  const auto* id = target.if_contains("id");
  if (id == nullptr || !id->is_string()) {
    target[kAddress] = local_browser_url(host, session_id);
    return;
  }
  const auto page = std::string(host).append(kPage).append(std::string_view(id->get_string()));
  target[kAddress] = "ws://" + page;
  target[kFrontend] = std::string(kFrontendPage) + page;
}

}  // namespace

bool LocalClients::is_host(std::string_view field) const {
  const auto host = host_of(field);
  const auto port = field.starts_with('[') ? field.find(']') + 1 : field.find(':');
  if (host.empty() || !is_port(field.substr(std::min(port, field.size())))) return false;
  if (is_address(host)) return network_ || net::is_loopback_host(host);
  return host == "localhost" ||
         (host.ends_with(".localhost") &&
          host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string::npos);
}

std::optional<Error> LocalClients::refusal(const net::Headers& headers) const {
  if (!is_host(headers.get("Host")))
    return refused("host_not_allowed", network_ ? "Host must be an address or localhost"
                                                : "Host must be localhost or a loopback address");
  const auto origin = headers.get("Origin");
  const auto site = headers.get("Sec-Fetch-Site");
  const bool is_page =
      (headers.has("Origin") && origin != kFrontendOrigin) ||
      (headers.has("Sec-Fetch-Site") && site != "none" && site != "same-origin" && origin.empty());
  if (!is_page) return std::nullopt;
  return refused("origin_not_allowed", "web pages may not drive this browser");
}

std::optional<SessionPath> session_path(std::string_view path, std::string_view session_id) {
  if (path == kBrowser || path == std::string(kBrowser) + "/" + std::string(session_id))
    return SessionPath{.path = "", .is_socket = true};
  if (path.starts_with(kPage) && is_target_id(path.substr(kPage.size())))
    return SessionPath{.path = std::string(path), .is_socket = true};
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  constexpr std::array<std::string_view, 5> kWhole{"/json", "/json/list", "/json/version", "/json/protocol",
                                                   "/json/new"};
  bool known = std::find(kWhole.begin(), kWhole.end(), path) != kWhole.end();
  for (const std::string_view prefix : {"/json/activate/", "/json/close/"})
    known = known || (path.starts_with(prefix) && is_target_id(path.substr(prefix.size())));
  if (!known) return std::nullopt;
  return SessionPath{.path = std::string(path), .is_socket = false};
}

std::string local_browser_url(std::string_view host, std::string_view session_id) {
  return "ws://" + std::string(host).append(kBrowser) + "/" + std::string(session_id);
}

std::optional<std::string> with_local_urls(std::string_view body, std::string_view host,
                                           std::string_view session_id, std::string_view secret) {
  auto parsed = wire::parse_json(body);
  if (!parsed) return std::nullopt;
  if (auto* list = parsed->if_array()) {
    for (auto& target : *list)
      if (target.is_object()) set_local_urls(target.get_object(), host, session_id);
  } else if (auto* object = parsed->if_object()) {
    set_local_urls(*object, host, session_id);
  }
  auto text = json::serialize(*parsed);
  if (!secret.empty() && text.find(secret) != std::string::npos) return std::nullopt;
  return text;
}

}  // namespace wye::cli
