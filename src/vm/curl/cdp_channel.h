#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/exchange.h"
#include "wye/result.h"

namespace wye::vm {

/// Chromium's DevTools as curl uses it. One io_context.
class CdpChannel {
 public:
  using Listener = std::function<void(std::string_view method, const boost::json::object& params)>;
  using Answered = std::function<void(Result<boost::json::value>)>;
  virtual ~CdpChannel() = default;
  /// Returns the `result` of a call; `disconnected` when Chromium went away. `session_id` "" is the browser's
  /// own session.
  virtual net::Task<Result<boost::json::value>> call(std::string method, boost::json::object params,
                                                     std::string session_id = {}) = 0;
  /// Sends without waiting. `answered` gets the result or the reason for none: `cdp_error` when DevTools
  /// refused, `disconnected` when Chromium went away. A caller that passes no `answered` ignores refusals and
  /// says why in a comment.
  virtual void post(std::string method, boost::json::object params, std::string session_id,
                    Answered answered) = 0;
  /// Receives one session's events until the handle is dropped.
  [[nodiscard]] virtual std::shared_ptr<void> listen(std::string session_id, Listener listener) = 0;
};

}  // namespace wye::vm
