#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye::vm {

/// What a client asks of `POST /repl` (wire-api §23).
struct ReplRequest {
  std::string code;  ///< Empty with `reset` alone.
  std::chrono::seconds timeout{60};
  bool reset = false;
};

/// Reads the body; 400 for what is missing, unknown, of a wrong type or out of range.
[[nodiscard]] Result<ReplRequest> read_repl_request(std::string_view body);

}  // namespace wye::vm
