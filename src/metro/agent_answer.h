#pragma once

#include <optional>
#include <string>
#include <string_view>

// What an agent may not say, and what it cannot know, in the bodies of its answers. Pure.
namespace wye::metro {

/// The `code` of an error body; "" when it has none.
[[nodiscard]] std::string code_of_body(std::string_view body);

/// A 404's body in place of one that says `browser_gone`; nothing when the body may pass. Clients read more
/// than strict JSON (a BOM, broken UTF-8, any depth, UTF-16): what is not JSON to us and yet holds these
/// words is replaced as a whole.
[[nodiscard]] std::optional<std::string> without_gone(std::string_view body);

/// DevTools' list of targets, the token put into every WebSocket address that leads back to `public_host` and
/// into no other: the VM could name a place of its own. Nothing when it is not what Chromium says.
[[nodiscard]] std::optional<std::string> with_jwt(std::string_view body, std::string_view jwt,
                                                  std::string_view public_host);

}  // namespace wye::metro
