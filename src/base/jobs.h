#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace wye {

/// Work that nobody waits for, on a few threads. A job runs until it is done; when it asks to run again after
/// a while, it takes no thread in between. Thread-safe.
class Jobs {
 public:
  /// Nothing = done; otherwise the time until it runs again.
  using Later = std::optional<std::chrono::milliseconds>;
  using Job = std::function<Later()>;

  explicit Jobs(int threads);
  ~Jobs() { stop(); }
  /// Waits for jobs that run. Drops those that have not begun, and those that are put later.
  void stop();

  /// Runs the job as soon as a thread is free. One job of a key at a time: a waiting one is brought forward,
  /// a running one is run once more afterwards.
  void put(const std::string& key, Job job);

 private:
  struct Entry {
    Job job;
    std::chrono::steady_clock::time_point due;
    bool running = false, again = false;
  };
  using Entries = std::map<std::string, Entry>;
  void work();
  [[nodiscard]] Entries::iterator next_due();

  std::mutex mutex_;
  std::condition_variable changed_;
  Entries entries_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace wye
