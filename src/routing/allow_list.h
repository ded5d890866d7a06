#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/vm_calls.h"

namespace wye::routing {

/// The tail prefixes that may go direct (routing-contract §2). Prefixes match whole segments.
class AllowList {
 public:
  /// Entries are trimmed of spaces and slashes; empty ones do not count.
  explicit AllowList(const std::vector<std::string>& entries);
  /// The entries that the rows of the table name: curl, telemetry, computer, playwright, process, fs,
  /// logs/stream.
  [[nodiscard]] static AllowList usual(const wire::VmCalls& calls = wire::vm_calls());
  /// `KERNEL_BROWSER_ROUTING_SUBRESOURCES`: null = the usual; blank = none; else its comma-separated entries.
  [[nodiscard]] static AllowList from_environment(const char* value);

  /// `tail` without slashes around it.
  [[nodiscard]] bool covers(std::string_view tail) const;
  [[nodiscard]] const std::vector<std::string>& entries() const { return entries_; }

 private:
  std::vector<std::string> entries_;
};

}  // namespace wye::routing
