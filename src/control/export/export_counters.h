#pragma once

#include "base/metrics.h"

namespace wye::control {

/// Counts the outcomes of exported telemetry, over all destinations, since the server's start.
struct ExportCounters {
  struct Items {
    SharedCounter sent;      ///< Accepted.
    SharedCounter rejected;  ///< By an answer that accepted the rest of its request.
    SharedCounter refused;   ///< With a whole request.
  };
  Items logs, spans;
  SharedCounter expired;                   ///< Events that were too old when their turn came.
  SharedCounter unreadable;                ///< Events whose record is no event.
  SharedCounter accepted, refused, again;  ///< Requests.
};

}  // namespace wye::control
