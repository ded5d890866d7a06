#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "control/api/resource.h"
#include "control/api/turns.h"
#include "control/keys/api_keys.h"
#include "metro/leg_counters.h"
#include "metro/metro_origin.h"
#include "net/http_server.h"

namespace wye::control {

struct ApiServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  metro::MetroOrigin metro;                ///< Where clients reach the metro.
  std::vector<std::string> allowed_hosts;  ///< Names in `Host` besides addresses and local names (WebOrigin).
  const net::TlsIdentity* tls = nullptr;   ///< Null: plain HTTP.
  net::ServerLimits limits;
  TurnOptions turns;
  std::function<bool()> store_is_away = [] { return false; };  ///< For `GET /healthz`; does not block.
  /// Of requests and answers; beyond it, 503 with Retry-After.
  std::size_t max_body_bytes_held = 256u << 20;
};

/// What an ApiServer has counted.
struct ApiTotals {
  /// The leg without the calls that VmPassage forwards.
  metro::LegTotals leg;
  std::uint64_t workers_refused = 0;                       ///< Calls that got no turn, without creates.
  std::uint64_t requests_at_workers = 0;                   ///< Calls that run or wait now.
  std::uint64_t creates_running = 0, creates_waiting = 0;  ///< Creates now.
  /// Creates that found no room in the queue, and creates whose time ran out.
  std::uint64_t creates_refused = 0, creates_expired = 0;
  std::uint64_t bodies_refused = 0, body_bytes_held = 0;
};

/// The control plane's HTTP side. Every request passes its gates (web origin, misdirected DevTools clients,
/// authentication), and then reaches the routes of the resources. One event loop on a thread of its own.
class ApiServer {
 public:
  /// The arguments must outlive the server.
  ApiServer(ApiKeys& keys, Random& random, const Clock& clock, const Log& log, ApiServerOptions options);
  ~ApiServer();

  /// Adds a resource before `start()`, and returns it. It is destroyed before the event loop is.
  template <class Kind>
  Kind& add(std::unique_ptr<Kind> resource) {
    auto& added = *resource;
    add_resource(std::move(resource));
    return added;
  }
  /// What resources need: the event loop, and the turns of blocking calls.
  [[nodiscard]] boost::asio::io_context& io();
  [[nodiscard]] Turns& turns();

  /// Starts, and returns the port in use.
  Result<std::uint16_t> start();
  void stop_accepting();
  [[nodiscard]] std::size_t active_requests() const;
  void stop();
  /// Call it on the event loop's thread.
  [[nodiscard]] ApiTotals totals() const;

 private:
  void add_resource(std::unique_ptr<Resource> resource);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wye::control
