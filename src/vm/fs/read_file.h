#pragma once

#include "vm/fs/file_threads.h"

namespace wye::vm {

/// Answers `GET fs/read_file?path=`: the file, or the part that `Range` asks for. `ETag` and `If-Range` let a
/// client go on with a file that has not changed. A file that becomes shorter meanwhile breaks the
/// connection.
net::Task<> read_file(FileThreads& threads, net::Exchange& exchange);

}  // namespace wye::vm
