#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "wye/browsers.h"
#include "wye/event_stream.h"

namespace wye {

/// The kinds of logs that a VM has.
enum class LogSource : std::uint8_t {
  path,     ///< A file of the VM.
  service,  ///< What one of the VM's services prints: "agent" or "chromium".
};
/// Returns the API's word: "path" or "supervisor".
[[nodiscard]] std::string_view to_string(LogSource source);

/// Selects a log (wire-api §7).
struct LogQuery {
  LogSource source = LogSource::service;
  std::string name = "chromium";  ///< The file's absolute path, or the service's name.
  bool follow =
      true;  ///< New lines from now on, over rotations of the file; else the lines so far, then the end.
};

/// A line of a log.
struct LogLine {
  std::string message;    ///< Without its line break; bytes that are no UTF-8 are replaced.
  std::string timestamp;  ///< RFC 3339: when the service printed it, or when it was read from the file.
};

/// Logs of a browser's VM: `client.browsers().logs()`. Like the client that made it, thread-safe and cheap to
/// copy.
class Logs {
 public:
  explicit Logs(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}
  /// Opens a log, straight at the VM where a route is known. Errors: `not_found` for a file or service that
  /// is not there, and with the code `browser_gone` for a browser that is gone; `rate_limited` (`overloaded`)
  /// when too many are open. The stream ends with the browser, which it does not keep from expiring. The
  /// timeout of `call` bounds only the opening.
  Result<EventStream<LogLine>> stream(const std::string& id_or_name, const LogQuery& query = {},
                                      CallOptions call = {}) const;

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace wye
