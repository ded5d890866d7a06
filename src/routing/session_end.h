#pragma once

#include <string>
#include <string_view>

#include "wye/http.h"

namespace wye::routing {

/// Returns the session, by id or by name, whose route a 2xx answer to this request ends: for `DELETE
/// browsers/{id_or_name}` and `POST browser_pools/{x}/release` (by the body's `session_id`). "" for every
/// other request.
[[nodiscard]] std::string session_ended_by(const Request& request, std::string_view path_below_base);

}  // namespace wye::routing
