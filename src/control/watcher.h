#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "wye/result.h"

namespace wye::control {

/// One thread that waits for what happens outside: a VM's death (pidfd), a spool that grew (inotify), the
/// next expiry. It wakes for events only. The callbacks run on that thread and must be brief. Thread-safe.
class Watcher {
 public:
  struct Callbacks {
    std::function<void(const std::string& session)> died;
    std::function<void(const std::string& session)> spool_grew;
    std::function<void()> timer;
  };
  static Result<std::unique_ptr<Watcher>> start(Callbacks callbacks);
  ~Watcher();

  void watch_death(const std::string& session, UniqueFd pidfd);
  void watch_spool(const std::string& session, const std::string& path);
  void forget(const std::string& session);
  /// Calls `timer` at that time; replaces an earlier setting.
  void set_timer(std::chrono::steady_clock::time_point at);

 private:
  explicit Watcher(Callbacks callbacks) : callbacks_(std::move(callbacks)) {}
  void run();
  void read_inotify();

  const Callbacks callbacks_;
  UniqueFd epoll_, inotify_, timer_, stop_;
  std::mutex mutex_;
  std::map<std::string, UniqueFd> deaths_;
  std::map<int, std::string> spools_;         // inotify watch → session
  std::map<int, std::string> session_of_fd_;  // pidfd → session
  std::thread thread_;
};

}  // namespace wye::control
