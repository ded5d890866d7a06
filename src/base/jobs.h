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

/// Work that nobody waits for, on a few threads: each job runs until it is done, again after a while when it
/// says so. While it waits for its next time it takes no thread. Thread-safe.
class Jobs {
 public:
  /// Nothing = done; else how long from now it is to run again.
  using Later = std::optional<std::chrono::milliseconds>;
  using Job = std::function<Later()>;

  explicit Jobs(int threads);
  ~Jobs() { stop(); }
  /// Waits for what runs; what has not begun is dropped, also what is put later.
  void stop();

  /// As soon as a thread is free. One job of a key at a time: one that waits is brought forward, one that
  /// runs is run once more afterwards.
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
