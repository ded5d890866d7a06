#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "base/random.h"
#include "control/archive_keeper.h"
#include "control/create_queue.h"
#include "control/handlers/browsers.h"
#include "control/handlers/destinations.h"
#include "control/handlers/keys.h"
#include "metro/metro.h"
#include "net/http_server.h"

namespace wye::control {

struct ApiServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  std::string metro_scheme = "http";
  std::string metro_host;                  ///< `host[:port]` of the metro, for what the VM tells of itself.
  std::vector<std::string> allowed_hosts;  ///< Names in `Host` besides addresses and local names (WebOrigin).
  const net::TlsIdentity* tls = nullptr;   ///< Null: plain HTTP.
  net::ServerLimits limits;
  unsigned worker_threads = 32;
  std::size_t max_waiting = 256;  ///< Requests at or waiting for a worker; beyond, 503 with Retry-After.
  std::size_t max_body_bytes_held = 256u << 20;  ///< Of requests and answers; beyond, 503 with Retry-After.
  CreateLimits creates;
  net::DescriptorBudget* descriptors = nullptr;  ///< Shared with the metro; null: no such bound.
  std::function<metro::LegTotals()> direct_leg;  ///< What the metro counts, for `GET /metrics`.
  std::function<ArchiveKeeper::Totals()> archive;
};

/// The control plane's HTTP side: authentication, routes, the passage of VM subresources. One event loop on a
/// thread of its own; handlers run on workers, since they may block.
class ApiServer {
 public:
  /// What is given must outlive the server.
  ApiServer(BrowserHandlers& browsers, KeyHandlers& keys, DestinationHandlers& destinations,
            Exporter& exporter, Sessions& sessions, metro::SessionDirectory& directory, Random& random,
            const Clock& clock, const Log& log, ApiServerOptions options);
  ~ApiServer();
  /// The port in use.
  Result<std::uint16_t> start();
  void stop_accepting();
  [[nodiscard]] std::size_t active_requests() const;
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace wye::control
