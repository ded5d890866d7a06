#pragma once

#include <chrono>

#include "control/api/resource.h"
#include "control/api/undoable_calls.h"
#include "control/browsers/browsers.h"
#include "net/routes.h"

namespace wye::control {

struct ApiCaller;

struct BrowserPatience {
  std::chrono::milliseconds create{50'000};  ///< From a create's arrival to its answer (wire-api §1).
  std::chrono::milliseconds remove{10'000};  ///< How long a delete waits for its archive.
};

/// `/browsers` and `/browsers/{id_or_name}`.
class BrowserRoutes final : public Resource {
 public:
  /// The arguments must outlive the routes. `turns` are the ApiServer's.
  BrowserRoutes(BrowserHandlers& browsers, Sessions& sessions, Turns& turns, const Log& log,
                BrowserPatience patience)
      : browsers_(browsers),
        sessions_(sessions),
        log_(log),
        patience_(patience),
        creates_(turns, TurnKind::creates) {}

  void add_routes(ApiRoutes& api) override;
  [[nodiscard]] const UndoableCalls& creates() const { return creates_; }

 private:
  net::Task<> create(ApiRoutes& api, net::Exchange& exchange, const net::PathParameters& parameters,
                     const ApiCaller& caller);
  [[nodiscard]] Result<UndoableCalls::Made> make(const ApiRequest& request,
                                                 std::chrono::steady_clock::time_point answer_by);
  net::Task<Result<net::Response>> remove(ApiRoutes& api, std::string id_or_name, std::string key_id);

  BrowserHandlers& browsers_;
  Sessions& sessions_;
  const Log& log_;
  const BrowserPatience patience_;
  UndoableCalls creates_;
};

}  // namespace wye::control
