#include "vm/curl/request_headers.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"

namespace wye::vm {
namespace {

constexpr std::array<std::string_view, 13> kNeverToTarget{"connection",
                                                          "keep-alive",
                                                          "proxy-connection",
                                                          "proxy-authorization",
                                                          "te",
                                                          "trailer",
                                                          "transfer-encoding",
                                                          "upgrade",
                                                          "host",
                                                          "content-length",
                                                          "accept-encoding",
                                                          "expect",
                                                          "proxy-authenticate"};
constexpr std::array<std::string_view, 4> kOwnPrefixes{"x-stainless-", "x-kernel-", "x-wye-", "x-forwarded-"};
// When the list has any other coding, Chromium leaves the body encoded.
constexpr std::array<std::string_view, 5> kDecodedByChromium{"gzip", "x-gzip", "deflate", "br", "zstd"};
constexpr std::array<std::string_view, 8> kNeverToCaller{
    "connection", "keep-alive", "proxy-connection",  "trailer", "transfer-encoding",
    "upgrade",    "te",         "proxy-authenticate"};

template <std::size_t kSize>
bool is_one_of(std::string_view lower, const std::array<std::string_view, kSize>& names) {
  return std::find(names.begin(), names.end(), lower) != names.end();
}

bool is_the_sdks_own(std::string_view lower, std::string_view value) {
  if (std::any_of(kOwnPrefixes.begin(), kOwnPrefixes.end(),
                  [&](auto prefix) { return lower.starts_with(prefix); }))
    return true;
  if (lower == "user-agent") return value.starts_with("Kernel/") || value.starts_with("AsyncKernel/");
  if (lower == "accept-language") return value == "*";
  if (lower == "sec-fetch-mode") return value == "cors";
  if (lower == "accept") return value == "*/*";
  return lower == "x-request-id";
}

}  // namespace

net::Headers headers_for_target(const net::Headers& caller, bool has_body) {
  net::Headers out;
  for (const auto& [name, value] : caller) {
    const auto lower = ascii_lower(name);
    if (is_one_of(lower, kNeverToTarget) || is_the_sdks_own(lower, value)) continue;
    if (lower == "content-type" && !has_body) continue;
    if (const auto before = out.get(name); out.has(name)) {
      out.set(name, std::string(before) + (lower == "cookie" ? "; " : ", ") + value);
    } else {
      out.add(name, value);
    }
  }
  return out;
}

bool was_decoded(const net::Headers& target) {
  bool some = false;
  for (const auto& [name, value] : target) {
    if (!iequals(name, "content-encoding")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const auto comma = rest.find(',');
      auto coding = ascii_lower(rest.substr(0, comma));
      coding.erase(0, coding.find_first_not_of(" \t"));
      coding.erase(coding.find_last_not_of(" \t") + 1);
      if (!coding.empty() && !is_one_of(coding, kDecodedByChromium)) return false;
      some = some || !coding.empty();
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
  return some;
}

net::Headers headers_for_caller(const net::Headers& target) {
  const bool decoded = was_decoded(target);
  net::Headers out;
  for (const auto& [name, value] : target) {
    const auto lower = ascii_lower(name);
    if (is_one_of(lower, kNeverToCaller) || lower.starts_with("x-wye-") || lower == "x-should-retry")
      continue;
    if (decoded && (lower == "content-encoding" || lower == "content-length")) continue;
    out.add(name, value);
  }
  return out;
}

Result<void> check_target_url(std::string_view url) {
  const auto bad = [](std::string message) {
    return Error{.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
  };
  if (url.empty()) return bad("url is required: an absolute http or https URL");
  if (url.size() > 32 * 1024) return bad("url is longer than 32 KiB");
  const auto colon = url.find("://");
  const auto scheme = ascii_lower(url.substr(0, colon == std::string_view::npos ? 0 : colon));
  if (scheme != "http" && scheme != "https") return bad("url must be absolute, http or https");
  for (const char c : url)
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\')
      return bad("url holds a space or a control character");
  if (!is_utf8(url)) return bad("url is not UTF-8; encode its bytes as %XX");
  if (url.size() == colon + 3 || url[colon + 3] == '/' || url[colon + 3] == '?' || url[colon + 3] == '#')
    return bad("url names no host");
  const auto authority = url.substr(colon + 3, url.find_first_of("/?#", colon + 3) - colon - 3);
  if (authority.find('@') != std::string_view::npos)
    return bad("url must not hold a user or password; send an Authorization header");
  return {};
}

bool is_target_method(std::string_view method) {
  constexpr std::array<std::string_view, 7> kMethods{"GET",   "HEAD",   "POST",   "PUT",
                                                     "PATCH", "DELETE", "OPTIONS"};
  return is_one_of(method, kMethods);
}

bool is_legal_header(std::string_view name, std::string_view value) {
  constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";
  const auto token = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kTokenMarks.find(c) != std::string_view::npos;
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), token) &&
         std::none_of(value.begin(), value.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

}  // namespace wye::vm
