#pragma once

#include <optional>
#include <string_view>

namespace wye::routing {

/// Returns a path below the base URL without its leading slash and its optional `v<number>/`.
[[nodiscard]] std::string_view without_version(std::string_view path_below_base);

/// `browsers/{id}/{tail}`.
struct BrowserPath {
  std::string_view id;    ///< Still encoded, never empty.
  std::string_view tail;  ///< Still encoded, as it was sent; never empty.
  [[nodiscard]] std::string_view plain_tail()
      const;  ///< The tail without slashes around it, which the rules are applied to.
};
/// Returns nothing for any other path, for an empty id, and for a `.` or `..` segment (plain or
/// percent-encoded).
[[nodiscard]] std::optional<BrowserPath> browser_path(std::string_view path_below_base);

}  // namespace wye::routing
