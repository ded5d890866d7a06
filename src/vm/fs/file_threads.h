#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "net/wakeup.h"
#include "vm/fs/files_user.h"

namespace wye::vm {

/// The threads on which paths are opened and changed. They have the rights of the files' user and no
/// capabilities (vm/fs/README.md says why), and start with the first work.
class FileThreads {
 public:
  static constexpr int kThreads = 2;
  static constexpr std::size_t kMaxWaiting = 256;  ///< Beyond it, `run` is 503 `overloaded`.

  /// `io` must outlive it, and so must those who wait for `run`.
  FileThreads(boost::asio::io_context& io, FilesUser user) : io_(io), user_(user) {}
  /// Waits for work that runs, and drops the rest.
  ~FileThreads();

  /// Runs `work` on one of the threads. The work runs even when nobody waits for it any longer; it must own
  /// what it uses.
  template <class T>
  net::Task<Result<T>> run(std::function<Result<T>()> work) {
    struct Done {
      explicit Done(boost::asio::io_context& io) : wakeup(io) {}
      net::Wakeup wakeup;
      std::optional<Result<T>> result;
    };
    auto done = std::make_shared<Done>(io_);  // shared with the thread
    const bool taken = put([this, done, work = std::move(work)](const Result<void>& rights) {
      auto result = std::make_shared<Result<T>>(rights ? work() : Result<T>(rights.error()));
      boost::asio::post(io_, [done, result] {
        done->result = std::move(*result);
        done->wakeup.notify();
      });
    });
    if (!taken) co_return overloaded();
    if (!done->result) co_await done->wakeup.wait();
    if (!done->result) co_return called_off();
    co_return std::move(*done->result);
  }

 private:
  /// Gets whether its thread has the user's rights; without them it must not touch a file.
  using Work = std::function<void(const Result<void>& rights)>;

  bool put(Work work);
  void work_on();
  static Error overloaded();
  static Error called_off();

  boost::asio::io_context& io_;
  const FilesUser user_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace wye::vm
