#pragma once

#include <string>
#include <string_view>

namespace wye::routing {

/// The query's pairs in order, encoded as they were, without any `jwt` (its name plain or percent-encoded).
[[nodiscard]] std::string without_jwt(std::string_view query);
/// The same with the given one, once, last (routing-contract §3).
[[nodiscard]] std::string with_jwt(std::string_view query, std::string_view jwt);
[[nodiscard]] bool has_jwt(std::string_view query);

}  // namespace wye::routing
