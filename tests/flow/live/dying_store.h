#pragma once

#include <atomic>

#include "control/store/store.h"

namespace wye::live {

/// A store whose server dies at its n-th write: before it, or just after it was committed. From then on every
/// call fails, as for a process that is no more.
class DyingStore final : public control::Store {
 public:
  enum class When { before, after };
  DyingStore(std::unique_ptr<control::Store> store, int write, When when)
      : store_(std::move(store)), left_(write), when_(when) {}
  [[nodiscard]] bool dead() const { return dead_; }

  Result<std::optional<std::string>> setting(const std::string& name) override {
    return store_->setting(name);
  }
  Result<void> set_setting(const std::string& name, const std::string& value) override {
    return store_->set_setting(name, value);
  }
  control::KeyStore& keys() override { return store_->keys(); }
  control::ExportStore& exports() override { return store_->exports(); }

  Result<void> insert_session(const control::Session& session) override {
    return write([&] { return store_->insert_session(session); });
  }
  Result<void> update_config(const control::Session& session) override {
    return write([&] { return store_->update_config(session); });
  }
  Result<void> set_telemetry(
      const std::string& id,
      const std::optional<std::map<std::string, TelemetryCategory>>& telemetry) override {
    return write([&] { return store_->set_telemetry(id, telemetry); });
  }
  Result<void> set_life(const std::string& id, control::Life life) override {
    return write([&] { return store_->set_life(id, life); });
  }
  Result<void> set_vm(const std::string& id, const std::string& vm, control::Life life) override {
    return write([&] { return store_->set_vm(id, vm, life); });
  }
  Result<void> replace_vm(const std::string& id, const std::string& vm) override {
    return write([&] { return store_->replace_vm(id, vm); });
  }
  Result<void> set_gone(const std::string& id, std::int64_t deleted_at, std::int64_t uptime_ms) override {
    return write([&] { return store_->set_gone(id, deleted_at, uptime_ms); });
  }
  Result<void> archive(const std::string& id, const std::vector<events::Record>& records,
                       const host::SpoolMark& mark) override {
    return write([&] { return store_->archive(id, records, mark); });
  }

  Result<std::optional<control::Session>> session(const std::string& id) override {
    if (dead_) return death();
    return store_->session(id);
  }
  Result<std::optional<control::Session>> session_by_name(const std::string& name) override {
    if (dead_) return death();
    return store_->session_by_name(name);
  }
  Result<std::vector<control::Session>> sessions(const control::SessionFilter& filter) override {
    return store_->sessions(filter);
  }
  Result<std::vector<control::Session>> sessions_not_gone() override { return store_->sessions_not_gone(); }
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
  Result<control::ArchiveSize> archive_size() override { return store_->archive_size(); }
  Result<std::optional<control::EndedArchive>> oldest_ended_archive() override {
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
  Result<void> write(const Write& run) {
    if (dead_) return death();
    if (--left_ > 0) return run();
    if (when_ == When::after && left_ == 0) (void)run();
    dead_ = true;
    return death();
  }

  const std::unique_ptr<control::Store> store_;
  std::atomic<int> left_;
  const When when_;
  std::atomic<bool> dead_ = false;
};

}  // namespace wye::live
