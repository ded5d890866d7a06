#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"
#include "wye/result.h"

namespace wye::vm {

/// Selects the caller's headers for the target: drops hop-by-hop fields, the SDK's own and those that
/// Chromium sets, and joins repeats, because Chromium keeps only the last of a name (vm-api §5).
[[nodiscard]] net::Headers headers_for_target(const net::Headers& caller, bool has_body);

/// Tells whether Chromium has decoded the body: it knows every coding of `content-encoding`.
[[nodiscard]] bool was_decoded(const net::Headers& target);

/// Selects the target's fields for the caller: without those of its connection, and without coding and length
/// of a body that Chromium has decoded.
[[nodiscard]] net::Headers headers_for_caller(const net::Headers& target);

/// Fails with `invalid` unless the text looks like an absolute http or https URL. Only the browser tells
/// whether it can parse the URL.
[[nodiscard]] Result<void> check_target_url(std::string_view url);

/// Tells whether the method is one of vm-api §5.
[[nodiscard]] bool is_target_method(std::string_view method);

/// Tells whether a header has a legal name and value; Chromium aborts the request otherwise.
[[nodiscard]] bool is_legal_header(std::string_view name, std::string_view value);

}  // namespace wye::vm
