#include "vm/logs/log_calls.h"

namespace wye::vm {

void register_log_calls(ServedCalls& calls, LogStreams& streams) {
  calls.exchange("logsStream", [&streams](net::Exchange& exchange, const net::PathParameters&) {
    return streams.serve(exchange);
  });
}

}  // namespace wye::vm
