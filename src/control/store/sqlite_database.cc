#include "control/store/sqlite_database.h"

#include "base/try.h"

namespace wye::control {
namespace {

constexpr int kSchemaVersion = 1;
constexpr int kApplicationId = 0x57796531;  // "Wye1": tells our files from other SQLite databases
constexpr int kBusyMs = 5000;

constexpr const char* kSchema = R"sql(
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE api_keys (sha256 TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE sessions (
  id TEXT PRIMARY KEY, life TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER NOT NULL DEFAULT 0,
  uptime_ms INTEGER NOT NULL DEFAULT 0, name TEXT, region TEXT NOT NULL, jwt TEXT NOT NULL, config TEXT NOT NULL,
  telemetry TEXT NOT NULL, vm TEXT NOT NULL DEFAULT '',
  spool_offset INTEGER NOT NULL DEFAULT 0, spool_seq INTEGER NOT NULL DEFAULT 0, spool_ts INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE UNIQUE INDEX active_names ON sessions (lower(name)) WHERE name IS NOT NULL AND life IN ('creating', 'live');
CREATE INDEX sessions_by_age ON sessions (created_at DESC, id);
CREATE INDEX sessions_by_life ON sessions (life) WHERE life != 'gone';
CREATE TABLE events (
  session TEXT NOT NULL, seq INTEGER NOT NULL, ts INTEGER NOT NULL, category TEXT NOT NULL, type TEXT NOT NULL, json TEXT NOT NULL,
  PRIMARY KEY (session, seq)
) WITHOUT ROWID;
CREATE INDEX events_by_time ON events (session, ts, seq);
CREATE INDEX events_by_age ON events (ts);
)sql";

Error internal(std::string message) {
  return {.kind = ErrorKind::internal, .code = "store_failed", .message = std::move(message)};
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql)
    : database_(database), statement_(nullptr, ::sqlite3_finalize) {
  sqlite3_stmt* made = nullptr;
  ::sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &made, nullptr);
  statement_.reset(made);
}

Statement& Statement::bind(int index, std::string_view text) {
  ::sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(int index, std::int64_t number) {
  ::sqlite3_bind_int64(statement_.get(), index, number);
  return *this;
}

Error Statement::error() const {
  const int code = ::sqlite3_extended_errcode(database_);
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
    return {.kind = ErrorKind::conflict, .code = "conflict", .message = "it is there already"};
  return internal(::sqlite3_errmsg(database_));
}

Result<bool> Statement::step() {
  if (!statement_) return error();
  switch (::sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return error();
  }
}

Result<void> Statement::run() {
  WYE_TRY([[maybe_unused]] const bool row, step());
  return {};
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(::sqlite3_column_text(statement_.get(), column));
  return bytes == nullptr
             ? std::string()
             : std::string(bytes, static_cast<std::size_t>(::sqlite3_column_bytes(statement_.get(), column)));
}

std::int64_t Statement::number(int column) const { return ::sqlite3_column_int64(statement_.get(), column); }

Result<void> Database::execute(const std::string& sql) {
  if (::sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return internal(::sqlite3_errmsg(handle_.get()));
  return {};
}

Result<Database> Database::open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int opened = ::sqlite3_open_v2(
      path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle);
  if (opened != SQLITE_OK)
    return internal(path + ": " + (handle != nullptr ? ::sqlite3_errmsg(handle) : "out of memory"));
  ::sqlite3_busy_timeout(handle, kBusyMs);
  ::sqlite3_extended_result_codes(handle, 1);
  auto migrated = database.migrate();
  if (!migrated) return internal(path + ": " + migrated.error().message);
  return database;
}

Result<void> Database::migrate() {
  const auto pragma = [&](const char* name) -> Result<std::int64_t> {
    Statement read(handle(), std::string("PRAGMA ") + name);
    WYE_TRY(const bool row, read.step());
    return row ? read.number(0) : 0;
  };
  // Looked at before anything is written: what is not ours or too new stays as it is.
  WYE_TRY(const auto version, pragma("user_version"));
  WYE_TRY(const auto application, pragma("application_id"));
  WYE_TRY(const auto tables, pragma("schema_version"));
  if (application != kApplicationId && tables != 0)
    return internal("this is no database of Wye; choose another --data-dir");
  if (version > kSchemaVersion)
    return internal("made by a newer Wye (schema " + std::to_string(version) + ", this one knows " +
                    std::to_string(kSchemaVersion) + "); upgrade wye");
  WYE_CHECK(execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON"));
  if (version == kSchemaVersion) return {};
  Transaction change(*this);
  WYE_CHECK(change.begun());
  WYE_CHECK(execute(kSchema));
  WYE_CHECK(execute("PRAGMA application_id=" + std::to_string(kApplicationId) +
                    "; PRAGMA user_version=" + std::to_string(kSchemaVersion)));
  return change.commit();
}

Transaction::~Transaction() {
  if (begun_ && !committed_) (void)database_.execute("ROLLBACK");
}

Result<void> Transaction::commit() {
  auto done = database_.execute("COMMIT");
  committed_ = done.has_value();
  return done;
}

}  // namespace wye::control
