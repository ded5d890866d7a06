#pragma once

#include <openssl/types.h>
#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "ws_client.h"

namespace wye::bench {

/// A way to one Chromium's DevTools, and its cost so far.
struct CdpWay {
  std::string name;
  std::function<UniqueFd()> connect;
  std::string host, browser_path, page_path;
  SSL_CTX* tls = nullptr;
  std::vector<pid_t> processes;  ///< The relaying processes; their children do not count.

  // One value for each round.
  std::vector<double> alone_p50, alone_p99;  ///< µs of a round trip, one at a time
  std::vector<double> in_flight;             ///< calls a second, 32 at once
  std::vector<double> large;                 ///< MB a second, 20 MB there and back
  std::vector<double> many_p50, many_p99;    ///< µs, one call in flight on each of 50 connections
  std::vector<double> many;                  ///< calls a second, over all connections
  // Sums over all rounds.
  double alone_cpu = 0, alone_messages = 0, in_flight_cpu = 0, in_flight_messages = 0;

  [[nodiscard]] WsClient open(const std::string& path) const { return {connect(), host, path, tls}; }
  /// Returns µs of CPU for each message, of which a call has two.
  [[nodiscard]] double alone_cpu_us() const { return alone_cpu * 1e6 / alone_messages; }
  [[nodiscard]] double in_flight_cpu_us() const { return in_flight_cpu * 1e6 / in_flight_messages; }
};

// Each of these adds a round's values, over its own connections. Throws `std::runtime_error` for a wrong
// answer.
void measure_alone(CdpWay& way);
void measure_in_flight(CdpWay& way);
void measure_large(CdpWay& way);
void measure_many(CdpWay& way);

/// Makes a page, and returns its target's id.
[[nodiscard]] std::string make_page(const CdpWay& way);

}  // namespace wye::bench
