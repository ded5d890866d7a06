#pragma once

#include <memory>
#include <string>
#include <vector>

#include "wye/browsers.h"
#include "wye/client_options.h"
#include "wye/http.h"
#include "wye/result.h"
#include "wye/route.h"

namespace wye {

/// The way in: typed resources over a transport that goes straight to a browser's VM and back to the control
/// plane when the browser is gone. Thread-safe; copies share connections and the route cache. Calls block;
/// `CallOptions::stop` cancels them.
class Client {
 public:
  /// Throws `InvalidError` for a base URL that is none and a `ca_file` that cannot be read.
  explicit Client(ClientOptions options = {});
  /// For tests of the SDK's own.
  explicit Client(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}

  [[nodiscard]] Browsers browsers() const { return Browsers(core_); }     ///< Calls about browsers.
  [[nodiscard]] Telemetry telemetry() const { return Telemetry(core_); }  ///< Their events.

  /// Any path, routed and retried like the typed calls; any status is an answer. The body is read whole, up
  /// to 256 MiB
  /// (`answer_too_large` beyond).
  Result<Response> request(const Request& request, CallOptions call = {}) const;
  /// The same with the body pulled.
  Result<ResponseStream> open(const Request& request, CallOptions call = {}) const;

  /// The sessions whose VM is known, most recently used first.
  [[nodiscard]] std::vector<KnownRoute> routes() const;
  [[nodiscard]] const std::string& base_url() const;

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace wye
