#pragma once

#include <map>
#include <memory>
#include <string>

#include "vm/fs/watch.h"

namespace wye::vm {

/// The watches of a VM, by their ids. They live until they are stopped or the session ends. One io_context.
class Watches {
 public:
  /// A VM has 16 inotify instances, of which Chromium uses a few.
  static constexpr std::size_t kMaxWatches = 8;

  Watches(boost::asio::io_context& io, FileThreads& threads) : io_(io), threads_(threads) {}
  /// Answers `POST fs/watch`: 400 `too_many` beyond `kMaxWatches`.
  net::Task<Result<net::Response>> start(std::string body);
  /// Answers `GET fs/watch/{id}/events`; 404 for an id that is not known.
  net::Task<> events(net::Exchange& exchange, std::string id);
  /// Answers `DELETE fs/watch/{id}`.
  Result<net::Response> stop(const std::string& id);
  /// Ends all, with their readers.
  void end();

 private:
  boost::asio::io_context& io_;
  FileThreads& threads_;
  std::map<std::string, std::shared_ptr<Watch>> watches_;  // shared with their readers
  std::size_t starting_ = 0;
};

}  // namespace wye::vm
