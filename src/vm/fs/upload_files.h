#pragma once

#include "vm/fs/file_threads.h"
#include "vm/fs/vm_path.h"

namespace wye::vm {

/// The most uploads that come in at once; beyond it they are 503.
inline constexpr std::size_t kMaxUploads = 8;

/// Answers `POST fs/upload`: 201 once the whole form was read and each of its files has its name. Until then
/// no file has one, so that a form that ends early, or has a fault, changes nothing. `home` holds what has no
/// name yet.
net::Task<Result<net::Response>> upload_files(FileThreads& threads, VmPath home, net::Exchange& exchange);

}  // namespace wye::vm
