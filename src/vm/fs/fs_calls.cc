#include "vm/fs/fs_calls.h"

#include "vm/fs/read_file.h"
#include "vm/fs/write_file.h"

namespace wye::vm {

void register_fs_calls(ServedCalls& calls, FileThreads& threads) {
  calls.exchange("readFile", [&threads](net::Exchange& exchange, const net::PathParameters&) {
    return read_file(threads, exchange);
  });
  calls.task("writeFile", [&threads](net::Exchange& exchange, const net::PathParameters&) {
    return write_file(threads, exchange);
  });
}

}  // namespace wye::vm
