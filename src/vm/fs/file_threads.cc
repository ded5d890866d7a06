#include "vm/fs/file_threads.h"

namespace wye::vm {

FileThreads::~FileThreads() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool FileThreads::put(Work work) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= kMaxWaiting) return false;
  while (threads_.size() < kThreads) threads_.emplace_back([this] { work_on(); });
  waiting_.push_back(std::move(work));
  changed_.notify_one();
  return true;
}

void FileThreads::work_on() {
  const auto rights = take_file_rights_of(user_);
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const auto work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work(rights);
    lock.lock();
  }
}

Error FileThreads::overloaded() {
  return {.kind = ErrorKind::overloaded,
          .code = "upstream_unavailable",
          .message = "too many file calls wait; try again",
          .status = 503};
}

Error FileThreads::called_off() {
  return {.kind = ErrorKind::cancelled, .code = "cancelled", .message = "nobody waits for it any longer"};
}

}  // namespace wye::vm
