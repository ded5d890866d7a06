#include "control/store/sqlite_store.h"

#include "base/try.h"
#include "control/store/sqlite_exports.h"
#include "control/store/sqlite_keys.h"
#include "control/store/sqlite_record.h"

namespace wye::control {

SqliteStore::SqliteStore(Database writer, Database archive, Database keys, Database exports)
    : db_(std::move(writer)),
      archive_(std::move(archive)),
      keys_(make_sqlite_keys(db_, mutex_, std::move(keys))),
      exports_(make_sqlite_exports(db_, mutex_, std::move(exports))) {}

Result<std::optional<std::string>> SqliteStore::setting(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto read = statement("SELECT value FROM settings WHERE name=?1");
  WYE_TRY(const bool row, read.bind(1, name).step());
  return row ? std::optional<std::string>(read.text(0)) : std::optional<std::string>();
}

Result<void> SqliteStore::set_setting(const std::string& name, const std::string& value) {
  const std::lock_guard lock(mutex_);
  const PowerSafe power_safe(db_);
  return statement("INSERT INTO settings VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value=?2")
      .bind(1, name)
      .bind(2, value)
      .run();
}

Result<std::string> SqliteStore::setting_once(const std::string& name, const std::string& candidate) {
  const std::lock_guard lock(mutex_);
  const PowerSafe power_safe(db_);
  auto insert = statement("INSERT INTO settings VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING");
  WYE_CHECK(insert.bind(1, name).bind(2, candidate).run());
  auto read = statement("SELECT value FROM settings WHERE name=?1");
  WYE_TRY([[maybe_unused]] const bool row, read.bind(1, name).step());
  return read.text(0);
}

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const OpenOptions& options) {
  WYE_TRY(auto writer, Database::open(path, options));
  const OpenOptions again{.create = false, .upgrade = false, .check = false};
  WYE_TRY(auto archive, Database::open(path, again));
  auto small = again;
  small.cache_kib = 256;  // keys are few, and an export reads each event once
  WYE_TRY(auto keys, Database::open(path, small));
  WYE_TRY(auto exports, Database::open(path, small));
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(std::move(writer), std::move(archive),
                                                              std::move(keys), std::move(exports)));
}

}  // namespace wye::control
