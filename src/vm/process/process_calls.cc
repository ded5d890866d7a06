#include "vm/process/process_calls.h"

namespace wye::vm {

void register_process_calls(ServedCalls& calls, Exec& exec) {
  calls.exchange("processExec", [&exec](net::Exchange& exchange, const net::PathParameters&) {
    return exec.serve(exchange);
  });
}

}  // namespace wye::vm
