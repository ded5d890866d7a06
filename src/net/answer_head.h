#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"

// Heads of a server's own answers. Pure.
namespace wye::net {

/// What the `Connection` field of an answer says.
enum class ConnectionField { none, keep_alive, close, upgrade };
/// For a request of this version: what its side takes for granted is not said.
[[nodiscard]] ConnectionField connection_field(bool kept, int minor_version);

/// Whether an answer of this status has no body whatever its fields say.
[[nodiscard]] bool has_no_body(int status);

/// `framing_field` is a whole line, or "". Fields that frame, and those that could end the head early, are
/// left out of `headers`.
[[nodiscard]] std::string answer_head(int status, const Headers& headers, std::string_view framing_field,
                                      ConnectionField connection);
/// The same with the length of the body. An answer to HEAD may name the length of what GET would bring.
[[nodiscard]] std::string whole_answer_head(const Response& response, bool to_head,
                                            ConnectionField connection);

}  // namespace wye::net
