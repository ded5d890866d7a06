#pragma once

#include <string>
#include <string_view>

namespace wye::routing {

/// Returns the query's pairs in order and encoding, without any `jwt` (plain or percent-encoded name).
[[nodiscard]] std::string without_jwt(std::string_view query);
/// Does the same and appends the given one (routing-contract §3).
[[nodiscard]] std::string with_jwt(std::string_view query, std::string_view jwt);
[[nodiscard]] bool has_jwt(std::string_view query);

}  // namespace wye::routing
