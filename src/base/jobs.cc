#include "base/jobs.h"

namespace wye {

using std::chrono::steady_clock;

Jobs::Jobs(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

void Jobs::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void Jobs::put(const std::string& key, Job job) {
  const std::lock_guard lock(mutex_);
  auto& entry = entries_[key];
  if (entry.running) {
    entry.again = true;
  } else {
    entry.job = std::move(job);
    entry.due = steady_clock::now();
  }
  changed_.notify_one();
}

Jobs::Entries::iterator Jobs::next_due() {
  auto next = entries_.end();
  for (auto at = entries_.begin(); at != entries_.end(); ++at)
    if (!at->second.running && (next == entries_.end() || at->second.due < next->second.due)) next = at;
  return next;
}

void Jobs::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto next = next_due();
    if (next == entries_.end()) {
      changed_.wait(lock);
      continue;
    }
    if (const auto due = next->second.due; due > steady_clock::now()) {
      changed_.wait_until(lock, due);
      continue;
    }
    auto& entry = next->second;
    entry.running = true;
    entry.again = false;
    lock.unlock();
    const auto later = entry.job();
    lock.lock();
    entry.running = false;
    if (entry.again)
      entry.due = steady_clock::now();
    else if (later)
      entry.due = steady_clock::now() + *later;
    else
      entries_.erase(next);
    changed_.notify_one();
  }
}

}  // namespace wye
