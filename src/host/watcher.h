#pragma once

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

/// One thread that waits for what happens outside: the end of a VM or of the process that carries its packets
/// (a descriptor becomes readable), a write to a spool or to an agent's log (inotify), a kill of a VM's
/// process for its memory (the kernel's log). It wakes for events only. The callbacks run on that thread and
/// must be brief. Thread-safe.
class Watcher {
 public:
  struct Callbacks {
    std::function<void(const std::string& session)> died;
    std::function<void(const std::string& session)> network_died;
    std::function<void(const std::string& session)> spool_grew;
    std::function<void(const OomKill& kill)> oom_killed;
  };
  static Result<std::unique_ptr<Watcher>> start(Callbacks callbacks);
  ~Watcher();

  void watch_death(const std::string& session, UniqueFd ended) { watch(session, Part::vm, std::move(ended)); }
  /// Replaces the one that was watched before.
  void watch_network(const std::string& session, UniqueFd ended) {
    watch(session, Part::network, std::move(ended));
  }
  /// Watches a file that the session's agent writes to: its spool or its log.
  void watch_file(const std::string& session, const std::string& path);
  void forget(const std::string& session);
  /// Returns whether the kernel's log can be read here; if not, nobody is told of its kills.
  [[nodiscard]] bool hears_the_kernel() const { return kernel_log_.fd() >= 0; }

 private:
  explicit Watcher(Callbacks callbacks);
  enum class Part { vm, network };
  struct Watched {
    std::string session;
    Part part;
    UniqueFd ended;
  };
  void watch(const std::string& session, Part part, UniqueFd ended);
  void tell_death(std::uint64_t number);
  void run();
  void read_inotify();
  void read_kernel_log();

  const Callbacks callbacks_;
  UniqueFd epoll_, inotify_, stop_;
  KernelLog kernel_log_;
  OomReport oom_report_;
  std::mutex mutex_;
  // by a number of their own: by the time an event is read, a descriptor's number may be another's
  std::map<std::uint64_t, Watched> watched_;
  std::uint64_t next_number_;
  std::map<int, std::string> files_;  // inotify watch → session
  std::thread thread_;
};

}  // namespace wye::host
