#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "host/owner_store.h"

namespace wye::host::testing {

/// Keeps the owner's half of the record in memory, where a test can look at it and make it fail. Thread-safe.
class MemoryStore final : public OwnerStore {
 public:
  struct Kept {
    SpoolMark mark;
    std::vector<events::Record> records;
    std::optional<IncompleteArchive> incomplete;
    std::string vm;
    std::optional<LastStep> last_step;  ///< Set once the session is gone.
  };
  [[nodiscard]] Kept of(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return kept_[id];
  }
  /// Makes all writes fail from now on, or no longer.
  void fail(bool fails) {
    const std::lock_guard lock(mutex_);
    fails_ = fails;
  }
  /// Returns how often a session has become gone.
  [[nodiscard]] int ended(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return ended_[id];
  }

  Result<SpoolMark> spool_mark(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    return kept_[id].mark;
  }
  Result<std::vector<ArchiveOutcome>> archive(const std::vector<ArchiveBatch>& batches) override {
    const std::lock_guard lock(mutex_);
    if (fails_) return failure();
    std::vector<ArchiveOutcome> out;
    for (const auto& batch : batches) {
      auto& kept = kept_[batch.session];
      const bool taken = kept.mark == batch.expected && !kept.last_step;
      if (taken) {
        kept.records.insert(kept.records.end(), batch.records.begin(), batch.records.end());
        kept.mark = batch.mark;
        if (batch.incomplete) kept.incomplete = batch.incomplete;
      }
      out.push_back({.taken = taken, .archive_bytes = bytes(kept)});
    }
    return out;
  }
  Result<std::int64_t> archive_bytes(const std::string& id) override {
    const std::lock_guard lock(mutex_);
    return bytes(kept_[id]);
  }
  Result<void> make_power_safe() override { return {}; }
  Result<void> keep_vm(const std::string& id, const std::string& vm) override {
    const std::lock_guard lock(mutex_);
    if (fails_) return failure();
    kept_[id].vm = vm;
    return {};
  }
  Result<bool> end_session(const std::string& id, const LastStep& step) override {
    const std::lock_guard lock(mutex_);
    if (fails_) return failure();
    auto& kept = kept_[id];
    if (kept.last_step) return true;
    if (step.archived_to && *step.archived_to != kept.mark) return false;
    kept.last_step = step;
    ++ended_[id];
    return true;
  }

 private:
  static Error failure() {
    return {.kind = ErrorKind::overloaded, .code = "store_unavailable", .message = "not now", .status = 503};
  }
  static std::int64_t bytes(const Kept& kept) {
    std::int64_t sum = 0;
    for (const auto& record : kept.records) sum += bytes_in_archive(record);
    return sum;
  }

  std::mutex mutex_;
  std::map<std::string, Kept> kept_;
  std::map<std::string, int> ended_;
  bool fails_ = false;
};

}  // namespace wye::host::testing
