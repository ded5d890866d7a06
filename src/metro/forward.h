#pragma once

#include <memory>
#include <string>

#include "metro/metro.h"
#include "net/exchange.h"

namespace wye::metro {

/// What the control plane knows of a request that did not come through the metro.
struct ForwardOptions {
  std::string client_address;          ///< For X-Forwarded-For; "" when not known.
  std::string public_scheme = "http";  ///< For X-Forwarded-Proto.
  std::string public_host;             ///< For X-Forwarded-Host; "" = the request's own Host.
  bool counts_as_use = true;           ///< Whether the row's hold or touch applies (vm-api §6).
};

/// Forwards exchanges of another server by the metro's own code: the same answers in the same situations,
/// streamed both ways, WebSocket upgrades included. There is one for each io_context. It is used on that
/// thread only, and destroyed there or after it has stopped; calls that are still suspended then keep what
/// they need of it.
class Forwarder {
 public:
  /// The arguments must outlive the forwarder.
  Forwarder(boost::asio::io_context& io, SessionDirectory& directory, const Log& log, const Clock& clock,
            ProxyLimits limits = {}, MetroHooks hooks = {});
  ~Forwarder();

  /// Answers the exchange in every case. `tail` is as it was encoded, without a leading slash; `query` is
  /// without `?`. `Authorization` never travels, except on `curl/raw`, where it belongs to the target.
  net::Task<void> forward(net::Exchange& exchange, std::string session_id, std::string tail,
                          std::string query, ForwardOptions options = {});
  /// Returns the counters of the answers of `forward`; the owner of the io_context adds its own.
  [[nodiscard]] LegCounters& counters();
  /// Makes a request for the server itself. Returns the whole answer, or the answer that the metro would have
  /// given instead.
  net::Task<net::Response> call(std::string session_id, std::string method, std::string target,
                                std::string body, std::chrono::milliseconds deadline);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with its calls, which io_context may destroy after the owner
};

}  // namespace wye::metro
