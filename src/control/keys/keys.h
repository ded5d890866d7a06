#pragma once

#include <string>

#include "control/api/api_request.h"
#include "control/api/resource.h"
#include "control/keys/api_keys.h"
#include "net/http_message.h"

namespace wye::control {

/// `/org/api_keys…` (wire-api §14) and `/auth/context` (wire-api §17).
class KeyHandlers final : public Resource {
 public:
  /// The arguments must outlive the handlers.
  explicit KeyHandlers(ApiKeys& keys) : keys_(keys) {}

  void add_routes(ApiRoutes& api) override;

 private:
  [[nodiscard]] Result<net::Response> create(const ApiRequest& request);
  [[nodiscard]] Result<net::Response> list(const ApiRequest& request);
  [[nodiscard]] Result<net::Response> get(const ApiRequest& request);
  [[nodiscard]] Result<net::Response> rename(const ApiRequest& request);
  [[nodiscard]] Result<net::Response> remove(const ApiRequest& request);
  [[nodiscard]] Result<net::Response> rotate(const ApiRequest& request);

  ApiKeys& keys_;
};

/// Returns a key as the API shows it.
[[nodiscard]] std::string render_key(const ApiKey& key);
/// Returns it with the key itself: only once, when it was made.
[[nodiscard]] std::string render_key(const NewKey& made);

}  // namespace wye::control
