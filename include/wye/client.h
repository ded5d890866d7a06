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

/// The entry point: typed calls over a transport that goes straight to a browser's VM, and falls back to the
/// control plane when the browser is gone (routing-contract). Thread-safe; copies share connections and the
/// route cache. Calls block; `CallOptions::stop` cancels them.
class Client {
 public:
  /// Throws `InvalidError` for an invalid `base_url` or `proxy`, and for a `ca_file` that cannot be read.
  explicit Client(ClientOptions options = {});
  /// For the SDK's own tests.
  explicit Client(std::shared_ptr<ClientCore> core) : core_(std::move(core)) {}

  [[nodiscard]] Browsers browsers() const { return Browsers(core_); }     ///< Calls about browsers.
  [[nodiscard]] Telemetry telemetry() const { return Telemetry(core_); }  ///< Calls about their events.

  /// Calls any path, routed and retried like the typed calls; any HTTP status is an answer. The body is read
  /// whole, up to 256 MiB (`answer_too_large` beyond).
  Result<Response> request(const Request& request, CallOptions call = {}) const;
  /// Does the same, and lets the caller read the body.
  Result<ResponseStream> open(const Request& request, CallOptions call = {}) const;

  /// Lists the sessions whose VM is known, most recently used first.
  [[nodiscard]] std::vector<KnownRoute> routes() const;
  /// Returns the base URL in use; see ClientOptions::base_url.
  [[nodiscard]] const std::string& base_url() const;

 private:
  std::shared_ptr<ClientCore> core_;
};

}  // namespace wye
