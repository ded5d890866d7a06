#pragma once

#include <span>
#include <string_view>

#include "net/head_parser.h"

// What a VM or a target says must not act on the metro's origin in somebody's web browser
// (docs/adr/0007-session-origins.md). Pure.
namespace wye::metro {

/// Whether a request comes from a web browser, as browsers say it themselves in fields that no page can leave
/// out: `Sec-Fetch-Site` and `-Dest`, `Origin`, `Upgrade-Insecure-Requests` (where there is no secure
/// context), a preflight. Programs send none of them; Node's `Sec-Fetch-Mode` counts for nothing.
[[nodiscard]] bool is_from_web_page(std::span<const net::FieldView> request);

/// Whether an answer's field changes what a web browser keeps of, or does with, the origin that it came from.
[[nodiscard]] bool acts_on_origin(std::string_view name);

/// What stands before the name of such a field for a web browser: there it acts on nothing and can be read
/// still. Programs get the field as it is.
inline constexpr std::string_view kTargetPrefix = "X-Wye-Target-";
[[nodiscard]] inline std::string_view prefix_of(const net::FieldView& field, bool web_page) {
  return web_page && field.id == net::FieldId::other && acts_on_origin(field.name) ? kTargetPrefix
                                                                                   : std::string_view();
}

/// Fields of every answer that a VM or a target made, before its own: several policies hold together, and of
/// several `X-Content-Type-Options` the first one counts.
struct GuardField {
  std::string_view name, value;
};
/// Longer for a web browser: its page loads nothing, so that no request tells the page's URL, token included.
[[nodiscard]] std::span<const GuardField> guard_fields(bool web_page);

}  // namespace wye::metro
