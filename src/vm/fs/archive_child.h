#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "net/exchange.h"

namespace wye::vm {

/// The process that packs or unpacks one archive (archive_process.h), as the agent sees it. Ends with the
/// object. One io_context.
class ArchiveChild {
 public:
  static constexpr std::size_t kMaxChildren = 4;  ///< Beyond it, `start` is 503.

  /// `words` follow `--archive`. The descriptors are those of archive_process.h.
  [[nodiscard]] static Result<std::unique_ptr<ArchiveChild>> start(boost::asio::io_context& io,
                                                                   std::vector<std::string> words,
                                                                   const UniqueFd& archive,
                                                                   const UniqueFd& directory);
  ~ArchiveChild();
  ArchiveChild(const ArchiveChild&) = delete;

  /// Waits until the process says `ready`, or has failed.
  net::Task<Result<void>> ready();
  /// Waits until the process says `done`, or has failed.
  net::Task<Result<void>> done();
  /// Ends it; what waits then fails.
  void kill();
  /// Ends it, and returns when it does nothing any longer.
  void end();

 private:
  using Pipe = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;
  ArchiveChild(boost::asio::io_context& io, UniqueFd pidfd, UniqueFd report);
  net::Task<Result<void>> await(std::string_view line);

  UniqueFd pidfd_;
  Pipe report_;
  std::string said_;
};

}  // namespace wye::vm
