#pragma once

#include <string_view>

#include "wye/error.h"

// What the API of the control plane has (wire-api) and this version does not. Pure. A server asks here last:
// a call that it serves one day needs no change here, and an unknown path stays a 404. Calls of a VM:
// vm_calls.h.
namespace wye::wire {

/// Tells whether the API has this path of the control plane; `path` has no slashes around it and no
/// `/v<number>`.
[[nodiscard]] bool is_known_resource(std::string_view path);

/// Returns a 501, since the request is right; a 404 for `fs/read_file` would say that a file is missing. It
/// goes with `x-should-retry: false` (net::error_response), since clients would send the request again.
[[nodiscard]] Error not_implemented(std::string_view path_or_field);

/// Tells whether a DevTools client asks this path, which has its leading slash, for something that only
/// `cdp_ws_url` leads to.
[[nodiscard]] bool is_devtools_path(std::string_view path);
/// Returns the error that names the URL for DevTools clients. `host` is the metro's, `host[:port]`.
[[nodiscard]] Error wrong_cdp_url(bool tls, std::string_view host);

}  // namespace wye::wire
