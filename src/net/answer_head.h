#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"

// Writes heads of a server's own answers. Pure.
namespace wye::net {

/// The `Connection` field of an answer.
enum class ConnectionField { none, keep_alive, close, upgrade };
/// Returns the field for a request of this version: it is omitted where the version implies it.
[[nodiscard]] ConnectionField connection_field(bool kept, int minor_version);

/// Returns whether an answer of this status has no body whatever its fields say.
[[nodiscard]] bool has_no_body(int status);

/// Writes a head. `framing_field` is a whole line, or "". Fields that frame, and those that could end the
/// head early, are left out of `headers`.
[[nodiscard]] std::string answer_head(int status, const Headers& headers, std::string_view framing_field,
                                      ConnectionField connection);
/// Writes a head with the length of the body. An answer to HEAD may name the length of what GET would bring.
[[nodiscard]] std::string whole_answer_head(const Response& response, bool to_head,
                                            ConnectionField connection);

}  // namespace wye::net
