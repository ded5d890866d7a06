#pragma once

#include "vm/fs/file_threads.h"
#include "vm/fs/pack_archive.h"
#include "vm/fs/vm_path.h"

// The calls that send and take directories as archives (vm-api §10).
namespace wye::vm {

struct ArchiveCalls {
  boost::asio::io_context& io;
  FileThreads& threads;
  FilesUser user;
  VmPath home;  ///< Holds an archive while it comes in.

  /// Answers `GET fs/download_dir_zip` and `GET fs/download_dir_zstd`. An error in the middle breaks the
  /// connection.
  net::Task<> download(net::Exchange& exchange, ArchiveFormat format);
  /// Answers `POST fs/upload_zip` and `POST fs/upload_zstd`.
  net::Task<Result<net::Response>> upload(net::Exchange& exchange, ArchiveFormat format);

 private:
  [[nodiscard]] std::vector<std::string> words(const char* what, ArchiveFormat format,
                                               std::size_t number) const;
};

}  // namespace wye::vm
