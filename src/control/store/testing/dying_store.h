#pragma once

#include <atomic>

#include "control/store/store.h"

namespace wye::control::testing {

/// A store whose server dies at its n-th write: before it, or just after it was committed. From then on every
/// call fails, as it would in a dead process.
class DyingStore : public Store {
 public:
  enum class When { before, after };
  DyingStore(std::unique_ptr<Store> store, int write, When when)
      : store_(std::move(store)), left_(write), when_(when) {}
  [[nodiscard]] bool dead() const { return dead_; }

  Result<std::optional<std::string>> setting(const std::string& name) override {
    return store_->setting(name);
  }
  Result<void> set_setting(const std::string& name, const std::string& value) override {
    return store_->set_setting(name, value);
  }
  Result<std::string> setting_once(const std::string& name, const std::string& candidate) override {
    return store_->setting_once(name, candidate);
  }
  Result<bool> take_lease(const std::string& name, const std::string& holder,
                          std::chrono::milliseconds ttl) override {
    return store_->take_lease(name, holder, ttl);
  }
  Result<void> end_lease(const std::string& name, const std::string& holder) override {
    return store_->end_lease(name, holder);
  }
  KeyStore& keys() override { return store_->keys(); }
  ExportStore& exports() override { return store_->exports(); }

  Result<void> insert_session(const Session& session) override {
    return write([&] { return store_->insert_session(session); });
  }
  Result<std::optional<Session>> patch_config(const std::string& id, const ConfigPatch& patch) override {
    return write([&] { return store_->patch_config(id, patch); });
  }
  Result<void> set_telemetry(
      const std::string& id,
      const std::optional<std::map<std::string, TelemetryCategory>>& telemetry) override {
    return write([&] { return store_->set_telemetry(id, telemetry); });
  }
  Result<Moved> move(const std::string& id, Life from, Life to, const LifeStep& step) override {
    return write([&] { return store_->move(id, from, to, step); });
  }
  Result<std::vector<host::ArchiveOutcome>> archive(const std::vector<host::ArchiveBatch>& batches) override {
    return write([&] { return store_->archive(batches); });
  }

  Result<std::optional<Session>> session(const std::string& id) override {
    if (dead_) return death();
    return store_->session(id);
  }
  Result<std::optional<Session>> session_by_name(const std::string& name) override {
    if (dead_) return death();
    return store_->session_by_name(name);
  }
  Result<std::vector<Session>> sessions(const SessionFilter& filter) override {
    return store_->sessions(filter);
  }
  Result<std::vector<Session>> sessions_not_gone() override { return store_->sessions_not_gone(); }
  Result<void> make_power_safe() override { return store_->make_power_safe(); }
  Result<host::SpoolMark> spool_mark(const std::string& id) override {
    if (dead_) return death();
    return store_->spool_mark(id);
  }
  std::unique_ptr<events::RecordSource> archived_events(const std::string& id) override {
    return store_->archived_events(id);
  }
  Result<std::int64_t> archive_bytes(const std::string& id) override {
    if (dead_) return death();
    return store_->archive_bytes(id);
  }
  Result<std::optional<host::IncompleteArchive>> incomplete_archive(const std::string& id) override {
    return store_->incomplete_archive(id);
  }
  Result<ArchiveSize> archive_size() override { return store_->archive_size(); }
  Result<std::optional<EndedArchive>> oldest_ended_archive() override {
    return store_->oldest_ended_archive();
  }
  Result<void> expire_archive(const std::string& id) override {
    return write([&] { return store_->expire_archive(id); });
  }
  Result<std::optional<std::int64_t>> remove_expired(std::int64_t bytes) override {
    return store_->remove_expired(bytes);
  }

 private:
  static Error death() {
    return {.kind = ErrorKind::internal, .code = "internal_error", .message = "the server is dead"};
  }
  template <class Write>
  auto write(const Write& run) -> decltype(run()) {
    if (dead_) return death();
    if (--left_ > 0) return run();
    if (when_ == When::after && left_ == 0) (void)run();
    dead_ = true;
    return death();
  }

  const std::unique_ptr<Store> store_;
  std::atomic<int> left_;
  const When when_;
  std::atomic<bool> dead_ = false;
};

}  // namespace wye::control::testing
