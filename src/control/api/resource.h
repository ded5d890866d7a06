#pragma once

namespace wye::control {

class ApiRoutes;

/// A resource of the API, such as `/browsers`: it registers its routes, and lives as long as the ApiServer
/// that owns it. It may be destroyed while coroutines of its routes are suspended and will not go on.
class Resource {
 public:
  virtual ~Resource() = default;
  /// Called once, before the first request. `api` outlives the resource.
  virtual void add_routes(ApiRoutes& api) = 0;
  /// Ends its own threads, if it has any. Called once, while the event loop still runs.
  virtual void stop() {}
};

}  // namespace wye::control
