#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "metro/call_policy.h"
#include "metro/calls_in_flight.h"
#include "metro/downstream.h"
#include "metro/record_lookup.h"
#include "metro/session_directory.h"
#include "metro/upstream_pool.h"

namespace wye::metro {

/// A request whose sender is known to be allowed: the VM must be found and the request forwarded.
struct ProxyRequest {
  std::string_view session_id;
  std::string_view target;  ///< Path and query for the agent, without a JWT.
  std::string_view query;   ///< The query in it.
  CallPolicy policy;
  std::string_view jwt;  ///< The token that goes into the URLs of `lists_targets`; "" for none.
  std::string_view client_address;
  std::string_view public_scheme;
  std::string_view public_host;  ///< "" = the request's Host.
};

/// What the calls of one io_context share, and their entry.
class Proxy {
 public:
  Proxy(boost::asio::io_context& io, SessionDirectory& directory, RecordLookup& records, const Log& log,
        const ProxyLimits& limits, std::string id_prefix);

  /// Answers the request in every case. The arguments must stay until it returns.
  net::Task<> forward(Downstream& client, const ProxyRequest& request);
  void close();

 private:
  friend class ProxyCall;
  /// Returns the fields that hold a credential of this server's; nothing when the record cannot be asked now.
  net::Task<std::optional<std::vector<std::size_t>>> fields_to_withhold(const Downstream& client,
                                                                        std::string_view token);

  SessionDirectory& directory_;
  RecordLookup& records_;
  const Log& log_;
  const ProxyLimits limits_;
  std::string id_prefix_;
  std::uint64_t next_id_ = 0;
  boost::asio::io_context& io_;
  UpstreamPool pool_;
  CallsInFlight calls_;
  std::string head_scratch_;  // for the call that sends a head now
  net::HeadView scratch_;     // for the call that parses a head now; never kept across a wait
};

}  // namespace wye::metro
