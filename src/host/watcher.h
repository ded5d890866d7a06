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
#include "host/kernel_log.h"
#include "host/oom_report.h"
#include "wye/result.h"

namespace wye::host {

/// One thread that waits for what happens outside: the death of a VM or of its network helper (pidfd), a
/// spool or an agent's log that was written to (inotify), the next expiry, the kernel killing a process of a
/// VM for its memory (its log). It wakes for events only. The callbacks run on that thread and must be brief.
/// Thread-safe.
class Watcher {
 public:
  struct Callbacks {
    std::function<void(const std::string& session)> died;
    std::function<void(const std::string& session)> network_died;
    std::function<void(const std::string& session)> spool_grew;
    std::function<void()> timer;
    std::function<void(const OomKill& kill)> oom_killed;
  };
  static Result<std::unique_ptr<Watcher>> start(Callbacks callbacks);
  ~Watcher();

  void watch_death(const std::string& session, UniqueFd pidfd) { watch(session, Part::vm, std::move(pidfd)); }
  /// In the place of the one watched before.
  void watch_network(const std::string& session, UniqueFd pidfd) {
    watch(session, Part::network, std::move(pidfd));
  }
  /// A file of a session's that its agent writes to: its spool, its log.
  void watch_file(const std::string& session, const std::string& path);
  void forget(const std::string& session);
  /// Calls `timer` at that time; replaces an earlier setting.
  void set_timer(std::chrono::steady_clock::time_point at);
  /// Whether the kernel's log can be read here; else nobody is told of its kills.
  [[nodiscard]] bool hears_the_kernel() const { return kernel_log_.fd() >= 0; }

 private:
  explicit Watcher(Callbacks callbacks);
  enum class Part { vm, network };
  struct Watched {
    std::string session;
    Part part;
    UniqueFd pidfd;
  };
  void watch(const std::string& session, Part part, UniqueFd pidfd);
  void tell_death(std::uint64_t number);
  void run();
  void read_inotify();
  void read_kernel_log();

  const Callbacks callbacks_;
  UniqueFd epoll_, inotify_, timer_, stop_;
  KernelLog kernel_log_;
  OomReport oom_report_;
  std::mutex mutex_;
  // By a number of their own: a descriptor's may be another's by the time its event is read.
  std::map<std::uint64_t, Watched> watched_;
  std::uint64_t next_number_;
  std::map<int, std::string> files_;  // inotify watch → session
  std::thread thread_;
};

}  // namespace wye::host
