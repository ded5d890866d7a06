#include "control/store/postgres/postgres_store.h"

#include "base/try.h"
#include "control/store/postgres/archive.h"
#include "control/store/postgres/exports.h"
#include "control/store/postgres/keys.h"
#include "control/store/postgres/schema.h"
#include "control/store/postgres/sessions.h"
#include "control/store/postgres/settings.h"
#include "control/store/postgres/watch.h"

namespace wye::control::postgres {
namespace {

class PostgresStore final : public Store {
 public:
  PostgresStore(const DatabaseAddress& address, const OpenOptions& options)
      : pool_(address, options.connections, options.patience) {}

  Result<void> open(const Log& log, const OpenOptions& options) {
    WYE_TRY(auto connection, pool_.open_beside());
    if (options.as_server) {
      WYE_TRY(watch_, Watch::start(pool_, log));
      return upgrade_schema(connection);
    }
    WYE_TRY(const auto version, schema_of(connection));
    if (version == newest_schema()) return {};
    if (version == 0 && !options.create)
      return Error{
          .kind = ErrorKind::not_found,
          .code = "not_found",
          .message = pool_.address().text() + " holds nothing of Wye yet; `wye serve --database` makes it"};
    // The claim ends with the connection, once the schema is up to date.
    if (claim(connection)) return upgrade_schema(connection);
    return Error{.kind = ErrorKind::conflict,
                 .code = "store_older",
                 .message = "the server of this database is an older wye than this one; restart it first"};
  }

  Result<std::optional<std::string>> setting(const std::string& name) override {
    return settings_.setting(name);
  }
  Result<void> set_setting(const std::string& name, const std::string& value) override {
    return settings_.set_setting(name, value);
  }
  Result<std::string> setting_once(const std::string& name, const std::string& candidate) override {
    return settings_.setting_once(name, candidate);
  }

  Result<void> insert_session(const Session& session) override { return sessions_.insert_session(session); }
  Result<Moved> move(const std::string& id, Life from, Life to, const LifeStep& step) override {
    return sessions_.move(id, from, to, step);
  }
  Result<std::optional<Session>> patch_config(const std::string& id, const ConfigPatch& patch) override {
    return sessions_.patch_config(id, patch);
  }
  Result<void> set_telemetry(
      const std::string& id,
      const std::optional<std::map<std::string, TelemetryCategory>>& telemetry) override {
    return sessions_.set_telemetry(id, telemetry);
  }
  Result<std::optional<Session>> session(const std::string& id) override { return sessions_.session(id); }
  Result<std::optional<Session>> session_by_name(const std::string& name) override {
    return sessions_.session_by_name(name);
  }
  Result<std::vector<Session>> sessions(const SessionFilter& filter) override {
    return sessions_.sessions(filter);
  }
  Result<std::vector<Session>> sessions_not_gone() override { return sessions_.sessions_not_gone(); }

  Result<host::SpoolMark> spool_mark(const std::string& session) override {
    return archive_.spool_mark(session);
  }
  Result<std::vector<host::ArchiveOutcome>> archive(const std::vector<host::ArchiveBatch>& batches) override {
    return archive_.archive(batches);
  }
  Result<std::int64_t> archive_bytes(const std::string& session) override {
    return archive_.archive_bytes(session);
  }
  Result<void> make_power_safe() override { return archive_.make_power_safe(); }

  std::unique_ptr<events::RecordSource> archived_events(const std::string& id) override {
    return archive_.archived_events(id);
  }
  Result<std::optional<host::IncompleteArchive>> incomplete_archive(const std::string& id) override {
    return archive_.incomplete_archive(id);
  }
  Result<ArchiveSize> archive_size() override { return archive_.archive_size(); }
  Result<std::optional<EndedArchive>> oldest_ended_archive() override {
    return archive_.oldest_ended_archive();
  }
  Result<void> expire_archive(const std::string& id) override { return archive_.expire_archive(id); }
  Result<std::optional<std::int64_t>> remove_expired(std::int64_t bytes) override {
    return archive_.remove_expired(bytes);
  }

  Result<bool> take_lease(const std::string& name, const std::string& holder,
                          std::chrono::milliseconds ttl) override {
    return leases_.take_lease(name, holder, ttl);
  }
  Result<void> end_lease(const std::string& name, const std::string& holder) override {
    return leases_.end_lease(name, holder);
  }

  bool is_away() const override { return pool_.is_away(); }
  KeyStore& keys() override { return keys_; }
  ExportStore& exports() override { return exports_; }

 private:
  Pool pool_;
  Database database_{pool_};
  Settings settings_{database_};
  Sessions sessions_{database_};
  Archive archive_{database_, pool_.patience().archive};
  Leases leases_{database_};
  Keys keys_{database_};
  Exports exports_{database_};
  std::unique_ptr<Watch> watch_;  // last, since it uses the pool
};

}  // namespace

Result<std::unique_ptr<Store>> open_postgres_store(const DatabaseAddress& address, const Log& log,
                                                   const OpenOptions& options) {
  auto store = std::make_unique<PostgresStore>(address, options);
  if (const auto opened = store->open(log, options); !opened) {
    auto error = opened.error();
    error.message = address.text() + ": " + error.message;
    return error;
  }
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace wye::control::postgres
