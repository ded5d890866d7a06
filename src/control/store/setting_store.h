#pragma once

#include <optional>
#include <string>

#include "wye/result.h"

namespace wye::control {

/// Named values that servers make once or seldom change. Calls block; thread-safe. Promises and errors:
/// store.h.
class SettingStore {
 public:
  virtual ~SettingStore() = default;

  [[nodiscard]] virtual Result<std::optional<std::string>> setting(const std::string& name) = 0;
  /// Power-safe, as is `setting_once`.
  virtual Result<void> set_setting(const std::string& name, const std::string& value) = 0;
  /// Keeps `candidate` unless there is a value already, and returns the value that all see from here on. Of
  /// several servers that start for the first time, one wins.
  virtual Result<std::string> setting_once(const std::string& name, const std::string& candidate) = 0;
};

}  // namespace wye::control
