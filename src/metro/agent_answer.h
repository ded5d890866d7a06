#pragma once

#include <optional>
#include <string>
#include <string_view>

// Corrects bodies of an agent's answers: it removes what an agent may not say, and adds what it cannot know.
// Pure.
namespace wye::metro {

/// Returns the `code` of an error body; "" when it has none.
[[nodiscard]] std::string code_of_body(std::string_view body);

/// Returns a body to replace a 404 that says `browser_gone`; nothing when the body may pass. Clients accept
/// more than strict JSON (a BOM, broken UTF-8, any depth, UTF-16), so a body that is no JSON to us but holds
/// these words is replaced as a whole.
[[nodiscard]] std::optional<std::string> without_gone(std::string_view body);

/// Puts the token into every WebSocket address in DevTools' list that leads back to `public_host`. Other
/// addresses get none, since a VM could name a place of its own. Returns nothing when the body is not what
/// Chromium writes.
[[nodiscard]] std::optional<std::string> with_jwt(std::string_view body, std::string_view jwt,
                                                  std::string_view public_host);

}  // namespace wye::metro
