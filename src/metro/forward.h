#pragma once

#include <memory>
#include <string>

#include "metro/metro.h"
#include "net/exchange.h"

namespace wye::metro {

/// What a request that came another way than through the metro has to say for itself.
struct ForwardOptions {
  std::string client_address;          ///< For X-Forwarded-For; "" when not known.
  std::string public_scheme = "http";  ///< For X-Forwarded-Proto.
  std::string public_host;             ///< For X-Forwarded-Host; "" = the request's own Host.
  bool counts_as_use = true;  ///< Idle accounting as vm-api §6 has it; false: neither hold nor touch.
};

/// The metro's proxy for exchanges of another server: the same answers to the same situations, streamed both
/// ways, WebSocket upgrades included. One for each io_context, used on its thread only, and destroyed there
/// or after it has stopped; calls that are still suspended then, as for good they may be, harm nothing.
class Forwarder {
 public:
  /// What is given must outlive the forwarder.
  Forwarder(boost::asio::io_context& io, SessionDirectory& directory, const Log& log, const Clock& clock,
            ProxyLimits limits = {}, MetroHooks hooks = {});
  ~Forwarder();

  /// Answers the exchange in every case. `tail` as it was encoded, without a leading slash; `query` without
  /// `?`. `Authorization` never travels, save on `curl/raw` where it belongs to the target.
  net::Task<void> forward(net::Exchange& exchange, std::string session_id, std::string tail,
                          std::string query, ForwardOptions options = {});
  /// Of the answers given through `forward`; the owner of the io_context adds its own.
  [[nodiscard]] LegCounters& counters();
  /// A request made by the server itself. The whole answer, or the answer the metro would have given instead.
  net::Task<net::Response> call(std::string session_id, std::string method, std::string target,
                                std::string body, std::chrono::milliseconds deadline);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // shared with its calls, which io_context may destroy after the owner
};

}  // namespace wye::metro
