#pragma once

#include <functional>
#include <optional>
#include <string>

#include "control/api/resource.h"
#include "control/store/store.h"
#include "metro/forward.h"
#include "net/routes.h"

namespace wye::control {

class ApiRoutes;
struct ApiCaller;

/// `/browsers/{id_or_name}/…`: calls that did not go to the VM directly pass through the metro's own proxy
/// code. For a browser that is gone, the archive answers `GET telemetry/events`.
class VmPassage final : public Resource {
 public:
  /// What the record says of browsers; the calls block.
  struct Record {
    std::function<Result<std::optional<Session>>(const std::string& id_or_name)> resolve;
    std::function<Result<net::Response>(const std::string& id, const std::string& query)> archived_events;
  };

  /// `io` is the ApiServer's. `metro` is where clients reach it, for the VM's `X-Forwarded-…` fields.
  VmPassage(boost::asio::io_context& io, metro::SessionDirectory& directory, const metro::MetroOrigin& metro,
            Record record, metro::ProxyLimits limits, metro::MetroHooks hooks, const Clock& clock,
            const Log& log);

  void add_routes(ApiRoutes& api) override;
  [[nodiscard]] const metro::LegCounters& counters() { return forwarder_.counters(); }

 private:
  net::Task<> pass(ApiRoutes& api, net::Exchange& exchange, const net::PathParameters& parameters,
                   const ApiCaller& caller);
  net::Task<> forward(net::Exchange& exchange, std::string session_id, std::string tail);

  metro::SessionDirectory& directory_;
  const metro::MetroOrigin metro_;
  const Record record_;
  metro::Forwarder forwarder_;
};

}  // namespace wye::control
