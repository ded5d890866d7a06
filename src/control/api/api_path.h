#pragma once

#include <string>
#include <string_view>

namespace wye::control {

/// What a request's path names. Pure.
struct ApiPath {
  enum class Kind {
    health,
    metrics,
    browsers,
    browser,
    subresource,
    keys,
    key,
    auth_context,
    destinations,
    destination,
    not_here,  ///< The API has it, this server has not; `tail` is the path.
    none,
    bad
  };
  Kind kind = Kind::none;
  std::string id;    ///< Percent-decoded.
  std::string tail;  ///< As it was encoded, without a leading slash.
};

/// `/v<number>` in front is accepted (wire-api §1). A path with `..` segments, encoded slashes or NUL in the
/// id is `bad`.
[[nodiscard]] ApiPath parse_api_path(std::string_view path);

}  // namespace wye::control
