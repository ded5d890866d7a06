#pragma once

#include <string_view>

#include "wye/error.h"

// What the API of the control plane has (wire-api) and this version has not. Pure. Who serves a path asks
// here last: what is served one day needs no change, and what nobody knows stays a 404. Calls of a VM:
// vm_calls.h.
namespace wye::wire {

/// Whether the API has this path of the control plane, without slashes around and without `/v<number>`.
[[nodiscard]] bool is_known_resource(std::string_view path);

/// 501, since the request is right; a 404 of `fs/read_file` would say that a file is not there. It goes with
/// `x-should-retry: false` (net::error_response): clients would send it again.
[[nodiscard]] Error not_implemented(std::string_view path_or_field);

/// Whether a DevTools client asks this path, which has its leading slash, for what only `cdp_ws_url` leads
/// to.
[[nodiscard]] bool is_devtools_path(std::string_view path);
/// Says where a DevTools client is to connect. `host` is the metro's, `host[:port]`.
[[nodiscard]] Error wrong_cdp_url(bool tls, std::string_view host);

}  // namespace wye::wire
