#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "net/wakeup.h"
#include "vm/fs/file_threads.h"
#include "vm/fs/vm_path.h"
#include "vm/fs/watched_directories.h"

namespace wye::vm {

/// One watch of a directory or file (vm-api §10), from the kernel's inotify. Keeps the last events and counts
/// those that left; who reads is a cursor, so that each reader gets every event that is kept, and is told how
/// many are not. While a reader is about to lose some, more of them wait in the kernel; a reader that does
/// not read for a moment is not waited for until it has caught up. One io_context.
class Watch : public std::enable_shared_from_this<Watch> {
 public:
  static constexpr std::size_t kKept = 1024, kKeptBytes = 4u << 20;

  /// Returns once the path, and with `recursive` all directories below it, are watched.
  static net::Task<Result<std::shared_ptr<Watch>>> start(boost::asio::io_context& io, FileThreads& threads,
                                                         VmPath path, bool recursive);

  /// Sends events until the client goes away or `end()`.
  net::Task<> follow(net::Exchange& exchange);
  /// Ends it and its readers.
  void end();

 private:
  using Pipe = boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;
  /// What readers get: an event, or the comment about events that the kernel has lost.
  struct Frame {
    std::string text;
    std::int64_t events = 1;
  };
  struct Reader {
    std::int64_t frames = 0, events = 0;  ///< That it got, or knows to have lost.
    bool slow = false;                    ///< Nobody waits for it.
  };
  class Reading;

  Watch(boost::asio::io_context& io, FileThreads& threads, VmPath path, bool recursive, UniqueFd inotify);
  net::Task<Result<bool>> add(VmPath path);
  net::Task<> read_events();
  net::Task<> take(int wd, std::uint32_t what, std::string_view name);
  void forget_below(const std::string& path);
  bool told_now(const std::string& path);
  void tell(const char* type, const std::string& path, bool is_dir);
  net::Task<> let_catch_up();
  [[nodiscard]] bool is_behind(const Reader& reader) const;
  std::string next_block(Reader& reader) const;
  void lose(std::int64_t events);
  void keep(Frame frame);

  FileThreads& threads_;
  const VmPath root_;
  const bool recursive_;
  std::shared_ptr<UniqueFd> inotify_;  // shared with the thread that adds directories
  Pipe events_;                        // the same, duplicated
  std::map<int, std::string> paths_;   // of what is watched
  std::set<std::string> told_;         // as found in a new directory: their own event may still come
  std::size_t told_bytes_ = 0;         // at least those of `told_`
  std::deque<Frame> kept_;
  std::size_t kept_bytes_ = 0;
  std::int64_t gone_frames_ = 0, gone_events_ = 0;  // what left `kept_`
  std::list<Reader> readers_;
  net::Wakeup changed_, caught_up_;
  bool ended_ = false;
};

}  // namespace wye::vm
