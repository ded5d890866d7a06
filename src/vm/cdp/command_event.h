#pragma once

#include <string>
#include <string_view>

#include "vm/cdp/command_text.h"
#include "wire/cdp_methods.h"

namespace wye::vm {

/// Returns the data of `cdp_command`, a JSON object. Of the client's own texts nothing is in it but what
/// wire/cdp_methods.h lets pass. `cut`: the message was longer than what was read.
[[nodiscard]] std::string command_event(const wire::CdpMethod& method, const CommandText& command,
                                        std::string_view connection, bool cut);

}  // namespace wye::vm
