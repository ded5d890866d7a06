#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <string_view>

#include "vm/cdp/cdp_message.h"
#include "wye/result.h"

namespace wye::vm {

/// DevTools as the collector uses it: many sessions, no coroutine per call, parameters as text. One
/// io_context.
class CdpPort {
 public:
  using Done = std::function<void(Result<boost::json::value>)>;
  using Watcher = std::function<void(CdpEvent&)>;
  virtual ~CdpPort() = default;

  /// Sends a command; `params` is a JSON object. `done` gets the result or the reason for none: `cdp_error`
  /// when DevTools refused, `disconnected` when Chromium went away. A caller that passes no `done` ignores
  /// refusals and says why in a comment. `session` "" is the browser's own session.
  virtual void send(std::string_view method, std::string_view params, std::string_view session,
                    Done done = nullptr) = 0;
  /// Receives every event of every session until the handle is dropped.
  [[nodiscard]] virtual std::shared_ptr<void> watch(Watcher watcher) = 0;
};

}  // namespace wye::vm
