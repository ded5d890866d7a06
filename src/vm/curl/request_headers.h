#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"
#include "wye/result.h"

namespace wye::vm {

/// The caller's headers that go on to the target: hop-by-hop ones, the SDK's own and those that Chromium owns
/// are dropped; repeats are joined, since Chromium keeps only the last of a name (vm-api §5).
[[nodiscard]] net::Headers headers_for_target(const net::Headers& caller, bool has_body);

/// What of the target's head is passed on: `content-encoding` and its length are dropped, as Chromium has
/// decoded the body.
[[nodiscard]] net::Headers headers_for_caller(const net::Headers& target);

/// `invalid` unless the text is an absolute http or https URL that Chromium will take as it is.
[[nodiscard]] Result<void> check_target_url(std::string_view url);

/// Scheme, host and port of an absolute URL, for telling whether a redirect left the origin.
[[nodiscard]] std::string origin_of(std::string_view url);

/// A method of the list in vm-api §5.
[[nodiscard]] bool is_target_method(std::string_view method);

/// Whether a header is a legal name and value; Chromium aborts the request otherwise.
[[nodiscard]] bool is_legal_header(std::string_view name, std::string_view value);

}  // namespace wye::vm
