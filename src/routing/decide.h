#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/route_cache.h"
#include "wye/result.h"

namespace wye::routing {

/// The control plane's place: origin and path of the configured base URL.
struct BaseUrl {
  std::string origin;  ///< `scheme://host[:port]`, lower case, default ports left out.
  std::string path;    ///< "" or `/kernel/v1`, without a trailing slash.
};
[[nodiscard]] Result<BaseUrl> parse_base_url(std::string_view text);

/// An absolute URL as its normalised origin and the rest, byte for byte. Fragments are dropped.
struct SplitUrl {
  std::string origin;
  std::string path;   ///< At least "/".
  std::string query;  ///< Without "?".
};
[[nodiscard]] Result<SplitUrl> split_url(std::string_view url);

/// `browsers/{id}/{tail}` of a path below the base URL (an optional `/v<number>` skipped).
struct BrowserPath {
  std::string_view id;    ///< Still encoded.
  std::string_view tail;  ///< Still encoded, no slashes around it.
};
[[nodiscard]] std::optional<BrowserPath> browser_path(std::string_view path_below_base);

/// Entries trimmed of slashes and spaces, empty ones dropped.
[[nodiscard]] std::vector<std::string> clean_allow_list(const std::vector<std::string>& entries);
[[nodiscard]] const std::vector<std::string>& default_allow_list();
/// `KERNEL_BROWSER_ROUTING_SUBRESOURCES`: null = the default; blank = none.
[[nodiscard]] std::vector<std::string> allow_list_from_environment(const char* value);

enum class Way { direct, control_plane, elsewhere };

struct Decision {
  Way way = Way::control_plane;
  std::string_view reason;  ///< The word of the contract's table.
  std::optional<Route> route;
  std::string_view tail;
};

/// Routing contract §2: where a request goes. No I/O; `url` must outlive the answer.
[[nodiscard]] Decision decide(const BaseUrl& base, const SplitUrl& url, const std::vector<std::string>& allow,
                              RouteCache& cache);

/// The path behind the base URL's, or nothing when it is not below it.
[[nodiscard]] std::optional<std::string_view> path_below(const BaseUrl& base, const SplitUrl& url);

}  // namespace wye::routing
