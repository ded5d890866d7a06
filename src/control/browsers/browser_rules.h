#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "wye/browser.h"
#include "wye/result.h"

namespace wye::control {

/// Reads and checks a create's body (wire-api §2, §18) and fills in the deployment's defaults. Every refusal
/// names the field.
[[nodiscard]] Result<BrowserCreate> read_create(std::string_view body);
/// Does the same for an update.
[[nodiscard]] Result<BrowserUpdate> read_update(std::string_view body);

[[nodiscard]] Result<void> check_name(const std::string& name);
[[nodiscard]] Result<void> check_tags(const std::map<std::string, std::string>& tags);

}  // namespace wye::control
