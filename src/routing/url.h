#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye::routing {

/// An absolute URL, split into its normalised origin and the unchanged rest. Fragments are dropped.
struct SplitUrl {
  std::string origin;  ///< `scheme://host[:port]`, lower case, default ports left out.
  std::string path;    ///< At least "/".
  std::string query;   ///< Without "?".
  [[nodiscard]] std::string text() const { return origin + path + (query.empty() ? "" : "?" + query); }
};
/// Fails with `invalid` for a text that is not an absolute http or https URL, or that holds a user or
/// password.
[[nodiscard]] Result<SplitUrl> split_url(std::string_view url);

/// The control plane's address: origin and path of the configured base URL.
struct BaseUrl {
  std::string origin;
  std::string path;  ///< "" or `/kernel/v1`, without a trailing slash.
};
[[nodiscard]] Result<BaseUrl> parse_base_url(std::string_view text);

/// Resolves a request's `path`: keeps an absolute URL, puts anything else below the base URL.
[[nodiscard]] Result<SplitUrl> request_url(const BaseUrl& base, std::string_view path);

/// Returns the path after the base URL's ("" or beginning with a slash), or nothing when the URL is not below
/// it.
[[nodiscard]] std::optional<std::string_view> path_below(const BaseUrl& base, const SplitUrl& url);

/// Tells whether a segment is `.` or `..`, each dot plain or percent-encoded.
[[nodiscard]] bool is_dot_segment(std::string_view segment);

/// Returns the path as the most lenient server would read it: decoded once, backslashes as slashes, dot
/// segments resolved. Only for finding out where a credential would end up, never for sending.
[[nodiscard]] std::string resolved_path(std::string_view path);

/// Resolves a `Location` from a URL (RFC 3986 §5); nothing when it leads nowhere.
[[nodiscard]] std::optional<SplitUrl> resolve_location(const SplitUrl& from, std::string_view location);

}  // namespace wye::routing
