#pragma once

#include <memory>
#include <string>

#include "base/log.h"
#include "base/random.h"
#include "control/api/turn_queue.h"
#include "control/archive_keeper.h"
#include "control/browsers/browsers.h"
#include "control/destinations/destinations.h"
#include "control/keys/keys.h"
#include "metro/metro.h"
#include "net/http_server.h"

namespace wye::control {

struct ApiServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  metro::MetroOrigin metro;                ///< Where clients reach the metro.
  std::vector<std::string> allowed_hosts;  ///< Names in `Host` besides addresses and local names (WebOrigin).
  const net::TlsIdentity* tls = nullptr;   ///< Null: plain HTTP.
  net::ServerLimits limits;
  // A call that waits for something outside has turns, and threads, apart from all others.
  TurnLimits records{
      .running = 16, .running_per_key = 12, .waiting = 240};            ///< Of the store and the archive.
  TurnLimits agents{.running = 16, .running_per_key = 8};               ///< Updates of browsers.
  TurnLimits tests{.running = 8, .running_per_key = 4, .waiting = 16};  ///< Of export destinations.
  TurnLimits creates{.busy = {.kind = ErrorKind::overloaded,
                              .code = "capacity_exhausted",
                              .message = "too many browsers are being created; try again",
                              .status = 529}};
  std::chrono::milliseconds create_answer{50'000};  ///< From a create's arrival to its answer (wire-api §1).
  std::chrono::milliseconds delete_answer{10'000};  ///< A delete waits so long for its archive.
  std::size_t max_body_bytes_held = 256u << 20;  ///< Of requests and answers; beyond, 503 with Retry-After.
  net::DescriptorBudget* descriptors = nullptr;  ///< Shared with the metro; null: no such bound.
  std::function<metro::LegTotals()> direct_leg;  ///< What the metro counts, for `GET /metrics`.
  std::function<ArchiveKeeper::Totals()> archive;
  std::function<bool()> store_is_away = [] { return false; };  ///< For `GET /healthz`.
  bool keys_are_remote = false;  ///< Asking for a key may wait: not on the event loop.
};

/// The control plane's HTTP side: authentication, routes, the passage of VM subresources. One event loop on a
/// thread of its own; handlers run on workers, since they may block, by turns (TurnQueue) of a few kinds.
/// What waits for its turn, or for the end of a browser, has no thread.
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
