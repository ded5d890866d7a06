#pragma once

#include "vm/fs/file_threads.h"

namespace wye::vm {

/// Answers `PUT fs/write_file?path=&mode=`: 201 once the body is the file, whole and under its name. A body
/// cut short leaves everything as it was.
net::Task<Result<net::Response>> write_file(FileThreads& threads, net::Exchange& exchange);

}  // namespace wye::vm
