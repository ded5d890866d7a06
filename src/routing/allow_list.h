#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/vm_calls.h"

namespace wye::routing {

/// The tail prefixes that may go direct (routing-contract §2). Prefixes match whole segments.
class AllowList {
 public:
  /// Takes entries; spaces and slashes around them are trimmed, and empty ones are ignored.
  explicit AllowList(const std::vector<std::string>& entries);
  /// Returns the entries that the rows of the table name: curl, telemetry, computer, playwright, process, fs,
  /// logs/stream.
  [[nodiscard]] static AllowList usual(const wire::VmCalls& calls = wire::vm_calls());
  /// Reads `KERNEL_BROWSER_ROUTING_SUBRESOURCES`: null = the usual list; blank = none; otherwise its
  /// comma-separated entries.
  [[nodiscard]] static AllowList from_environment(const char* value);

  /// `tail` has no slashes around it.
  [[nodiscard]] bool covers(std::string_view tail) const;
  [[nodiscard]] const std::vector<std::string>& entries() const { return entries_; }

 private:
  std::vector<std::string> entries_;
};

}  // namespace wye::routing
