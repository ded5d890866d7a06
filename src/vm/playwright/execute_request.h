#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye::vm {

inline constexpr std::string_view kDefaultExecutor = "default";

/// What a client asks of `POST /playwright/execute` (vm-api §12).
struct ExecuteRequest {
  std::string code;
  std::chrono::seconds timeout{60};
  std::string executor{kDefaultExecutor};
};

/// Reads the body; 400 for what is missing, of a wrong type or out of range.
[[nodiscard]] Result<ExecuteRequest> read_execute_request(std::string_view body);
/// 1 to 64 of `A-Za-z0-9_-`.
[[nodiscard]] bool is_executor_name(std::string_view name);

}  // namespace wye::vm
