#pragma once

#include <string>

#include "base/random.h"
#include "control/api/api_request.h"
#include "control/api/resource.h"
#include "control/export/exporter.h"
#include "net/http_message.h"

namespace wye::control {

/// `/telemetry/destinations…` (wire-api §3). Values of headers come in and never go out.
class DestinationHandlers final : public Resource {
 public:
  /// The arguments must outlive the handlers.
  DestinationHandlers(ExportStore& store, Exporter& exporter, const Clock& clock, Random& random)
      : store_(store), exporter_(exporter), clock_(clock), random_(random) {}

  void add_routes(ApiRoutes& api) override;

 private:
  [[nodiscard]] Result<net::Response> create(const ApiRequest& request);
  [[nodiscard]] Result<net::Response> list(const ApiRequest& request);
  [[nodiscard]] Result<net::Response> get(const ApiRequest& request);
  [[nodiscard]] Result<net::Response> update(const ApiRequest& request);
  [[nodiscard]] Result<net::Response> remove(const ApiRequest& request);
  [[nodiscard]] Result<net::Response> test(const ApiRequest& request);
  /// Fails with `not_found` when there is none.
  [[nodiscard]] Result<Destination> find(const std::string& id_or_name);
  [[nodiscard]] Result<net::Response> show(int status, const Destination& destination);

  ExportStore& store_;
  Exporter& exporter_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace wye::control
