#pragma once

#include <span>
#include <string_view>

#include "net/head_parser.h"

// Keeps answers of a VM or a target from acting on the metro's origin in a web browser
// (docs/adr/0007-session-origins.md). Pure.
namespace wye::metro {

/// Whether a request comes from a web browser, by fields that browsers send and no page can leave out:
/// `Sec-Fetch-Site` and `-Dest`, `Origin`, `Upgrade-Insecure-Requests` (without a secure context), a
/// preflight. Programs send none of them; Node's `Sec-Fetch-Mode` does not count.
[[nodiscard]] bool is_from_web_page(std::span<const net::FieldView> request);

/// Whether a field of an answer changes what a web browser stores for its origin, or does there.
[[nodiscard]] bool acts_on_origin(std::string_view name);

/// The prefix of such a field's name for a web browser: then the field does nothing, and can still be read.
/// Programs get the field unchanged.
inline constexpr std::string_view kTargetPrefix = "X-Wye-Target-";
[[nodiscard]] inline std::string_view prefix_of(const net::FieldView& field, bool web_page) {
  return web_page && field.id == net::FieldId::other && acts_on_origin(field.name) ? kTargetPrefix
                                                                                   : std::string_view();
}

/// Fields that stand before those of every answer that a VM or a target made: several policies add up, and of
/// several `X-Content-Type-Options` the first one counts.
struct GuardField {
  std::string_view name, value;
};
/// Returns the fields. A web browser gets more of them: its page loads nothing, so no request reveals its URL
/// with the token.
[[nodiscard]] std::span<const GuardField> guard_fields(bool web_page);

}  // namespace wye::metro
