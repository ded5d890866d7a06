#pragma once

#include <atomic>
#include <list>
#include <string>
#include <thread>

#include "base/unique_fd.h"

namespace wye::control::postgres::testing {

/// Relays between a client and a server on a unix socket, and breaks the connection at a commit.
class CommitCutter {
 public:
  enum class Cut {
    none,
    before,  ///< The server never receives the commit.
    after,   ///< The server commits, and the client gets no answer.
  };
  /// `url` is a database's, with `host=DIRECTORY` at its end.
  explicit CommitCutter(const std::string& url);
  ~CommitCutter();
  CommitCutter(const CommitCutter&) = delete;
  CommitCutter& operator=(const CommitCutter&) = delete;

  /// The URL of the same database through this relay.
  [[nodiscard]] const std::string& url() const { return url_; }
  /// Sets what happens at the next commit, once.
  void set(Cut cut) { cut_ = cut; }
  [[nodiscard]] int cuts() const { return cuts_; }

 private:
  void accept_all();
  void relay(const UniqueFd& client);
  /// Returns false when the connection must end.
  bool pass(int from, int to, bool to_server);

  const std::string upstream_;
  std::string directory_, url_;
  UniqueFd listener_, stop_read_, stop_write_;
  std::atomic<Cut> cut_ = Cut::none;
  std::atomic<int> cuts_ = 0;
  std::list<std::thread> relays_;
  std::thread acceptor_;
};

}  // namespace wye::control::postgres::testing
