#include "metro/web_fields.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"

namespace wye::metro {
namespace {

constexpr std::array<GuardField, 4> kGuard = {{
    {"Content-Security-Policy", "sandbox"},
    {"X-Content-Type-Options", "nosniff"},
    {"Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'"},
    {"Referrer-Policy", "no-referrer"},
}};
constexpr std::size_t kForPrograms = 2;

constexpr std::array<std::string_view, 5> kOfBrowsers = {"origin", "sec-fetch-site", "sec-fetch-dest",
                                                         "upgrade-insecure-requests",
                                                         "access-control-request-method"};

constexpr std::array<std::string_view, 38> kActing = {
    // Fields that keep state for the origin.
    "set-cookie", "set-cookie2", "clear-site-data", "service-worker-allowed", "strict-transport-security",
    "public-key-pins", "public-key-pins-report-only", "expect-ct", "set-login", "use-as-dictionary",
    "secure-session-registration", "secure-session-challenge", "sec-session-registration",
    "sec-session-challenge", "activate-storage-access", "observe-browsing-topics", "origin-agent-cluster",
    // Fields that decide where its requests go from now on, and what they carry.
    "alt-svc", "alternate-protocol", "accept-ch", "accept-ch-lifetime", "critical-ch",
    // Fields that say who may read its answers, and measure them.
    "timing-allow-origin",
    // Fields that make the browser send reports, which hold URLs and so tokens.
    "nel", "report-to", "reporting-endpoints", "content-security-policy-report-only",
    "cross-origin-opener-policy-report-only", "cross-origin-embedder-policy-report-only",
    "permissions-policy-report-only", "document-policy-report-only",
    // Fields by which the browser acts by itself: it goes elsewhere, loads, asks for a password in the
    // origin's name.
    "refresh", "link", "sourcemap", "x-sourcemap", "speculation-rules", "www-authenticate",
    // A field that decides whether others are told the page's URL.
    "referrer-policy"};

bool begins_with(std::string_view text, std::string_view prefix) {
  return text.size() > prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

template <std::size_t kSize>
bool is_one_of(std::string_view name, const std::array<std::string_view, kSize>& list) {
  return std::any_of(list.begin(), list.end(), [name](std::string_view one) {
    return one.size() == name.size() && iequals(one, name);
  });
}

}  // namespace

bool is_from_web_page(std::span<const net::FieldView> request) {
  return std::any_of(request.begin(), request.end(), [](const net::FieldView& field) {
    return field.id == net::FieldId::other && is_one_of(field.name, kOfBrowsers);
  });
}

bool acts_on_origin(std::string_view name) {
  return is_one_of(name, kActing) || begins_with(name, "access-control-") ||
         begins_with(name, "attribution-reporting-") || iequals(name, "content-security-policy");
}

std::span<const GuardField> guard_fields(bool web_page) {
  return std::span(kGuard).first(web_page ? kGuard.size() : kForPrograms);
}

}  // namespace wye::metro
