#pragma once

#include "base/byte_budget.h"
#include "base/log.h"
#include "base/random.h"
#include "metro/leg_counters.h"
#include "net/exchange.h"

namespace wye::control {

/// Sends the control plane's answers. It is the one place where an error becomes an answer, and where answers
/// are counted, bounded and given their `X-Request-Id`. One io_context.
class Answers {
 public:
  /// The arguments must outlive the answers.
  Answers(ByteBudget& bodies, Random& random, const Log& log) : bodies_(bodies), random_(random), log_(log) {}

  net::Task<> send(net::Exchange& exchange, net::Response response,
                   metro::Reason reason = metro::Reason::handler);
  net::Task<> send(net::Exchange& exchange, const Error& error,
                   metro::Reason reason = metro::Reason::handler);
  net::Task<> send(net::Exchange& exchange, Result<net::Response> result,
                   metro::Reason reason = metro::Reason::handler);

  [[nodiscard]] const metro::LegCounters& counters() const { return counters_; }

 private:
  ByteBudget& bodies_;
  Random& random_;
  const Log& log_;
  metro::LegCounters counters_;
};

}  // namespace wye::control
