#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/metrics.h"
#include "net/head_parser.h"

// Counts the answers of one leg, on the thread that answers; the reader adds the threads up.
namespace wye::metro {

/// Who made an answer, or why. Bounded: it is a label of metrics.
enum class Reason : std::uint8_t {
  agent,         ///< The VM's answer, passed on.
  handler,       ///< The control plane's own answer.
  archive,       ///< Events of a browser that is gone, or events older than its spool.
  browser_gone,  ///< The answer from which clients fall back.
  ending,
  not_ready,  ///< Nobody listens in the VM yet.
  lost,       ///< The connection to the VM was lost.
  too_slow,
  unauthorized,  ///< The API key or JWT was refused.
  not_served,
  bad_request,  ///< It was no valid HTTP.
  overloaded,   ///< A limit of this server's own was reached.
  health,
  client_gone,  ///< The client left before the end of the answer.
  count_
};
[[nodiscard]] std::string_view name_of(Reason reason);

/// The status class; `broken` for requests without an answer.
enum class Outcome : std::uint8_t {
  informational,
  success,
  redirect,
  client_error,
  server_error,
  broken,
  count_
};
[[nodiscard]] std::string_view name_of(Outcome outcome);
[[nodiscard]] constexpr Outcome outcome_of(int status) {
  return status < 100 || status > 599 ? Outcome::broken : static_cast<Outcome>(status / 100 - 1);
}

inline constexpr auto kReasons = static_cast<std::size_t>(Reason::count_);
inline constexpr auto kOutcomes = static_cast<std::size_t>(Outcome::count_);

/// The counters of one thread, alone in their cache lines.
struct alignas(64) LegCounters {
  std::array<std::array<OwnCounter, kOutcomes>, kReasons> answered;
  OwnCounter streams, sockets;  ///< Event streams and WebSockets that are open now.

  void answer(Reason reason, int status) { answer(reason, outcome_of(status)); }
  /// Returns the counter of an answer with a lasting body, to be decremented at its end; else null.
  OwnCounter* answer(Reason reason, const net::HeadView& head);
  void answer(Reason reason, Outcome outcome) {
    answered[static_cast<std::size_t>(reason)][static_cast<std::size_t>(outcome)].add();
  }
};

/// The sum over several threads.
struct LegTotals {
  std::array<std::array<std::uint64_t, kOutcomes>, kReasons> answered{};
  std::uint64_t connections = 0, streams = 0, sockets = 0;
  std::uint64_t refused_connections = 0;  ///< Refused since there was no place.
  std::uint64_t starved_accepts = 0;      ///< Refused since there was no descriptor.

  LegTotals& operator+=(const LegCounters& one);
};

}  // namespace wye::metro
