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

/// What curl needs of a connection to Chromium's DevTools. All on one io_context.
class CdpChannel {
 public:
  using Listener = std::function<void(std::string_view method, const boost::json::object& params)>;
  using Answered = std::function<void(Result<boost::json::value>)>;
  virtual ~CdpChannel() = default;
  /// The `result` of a call; `disconnected` when Chromium went away. "" is the browser's own session.
  virtual net::Task<Result<boost::json::value>> call(std::string method, boost::json::object params,
                                                     std::string session_id = {}) = 0;
  /// Sends without waiting. `answered` gets the result, or why there is none: `cdp_error` when DevTools
  /// refused, `disconnected` when Chromium went away. A null one says that a refusal changes nothing; the
  /// place of the call says why.
  virtual void post(std::string method, boost::json::object params, std::string session_id,
                    Answered answered) = 0;
  /// Events of one session until the handle is dropped.
  [[nodiscard]] virtual std::shared_ptr<void> listen(std::string session_id, Listener listener) = 0;
};

}  // namespace wye::vm
