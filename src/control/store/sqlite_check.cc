#include "control/store/sqlite_check.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <vector>

#include "base/encoding.h"
#include "base/try.h"
#include "control/store/schema.h"
#include "control/store/sqlite_database.h"

namespace wye::control {
namespace {

using Connection = std::unique_ptr<sqlite3, int (*)(sqlite3*)>;

Error refused(const char* code, std::string message) {
  return {.kind = ErrorKind::internal, .code = code, .message = std::move(message)};
}

Error damaged(const std::string& path, const std::string& what) {
  return refused("store_damaged", path + " is damaged and was left as it is: " + what);
}

std::int64_t size_of(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

// Opens read-only and without a checkpoint at the end. A file without a log beside it is read as immutable,
// so that SQLite makes no files either.
Result<Connection> open_read_only(const std::string& path) {
  const bool has_log = size_of(path + "-wal") > 0;
  const auto uri = "file:" + percent_encode(path) + (has_log ? "" : "?immutable=1");
  sqlite3* raw = nullptr;
  const int opened = ::sqlite3_open_v2(uri.c_str(), &raw,
                                       SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection(raw, ::sqlite3_close_v2);
  if (opened != SQLITE_OK)
    return refused("store_unreadable",
                   path + " cannot be opened: " + (raw != nullptr ? ::sqlite3_errmsg(raw) : "out of memory"));
  ::sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  ::sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  ::sqlite3_busy_timeout(raw, 5000);
  return connection;
}

Result<std::int64_t> pragma(sqlite3* database, const std::string& name) {
  Statement read(database, "PRAGMA " + name);
  WYE_TRY(const bool row, read.step());
  return row ? read.number(0) : 0;
}

Result<std::set<std::string>> schema_of(sqlite3* database) {
  Statement read(database,
                 "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || coalesce(sql, '') FROM "
                 "sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'");
  std::set<std::string> out;
  for (;;) {
    WYE_TRY(const bool row, read.step());
    if (!row) return out;
    out.insert(read.text(0));
  }
}

// Compares this version's tables with what the migrations make of an empty file: there must be neither a
// table less nor a trigger more.
Result<bool> has_schema_of(sqlite3* database, std::int64_t version) {
  sqlite3* raw = nullptr;
  ::sqlite3_open(":memory:", &raw);
  const Connection model(raw, ::sqlite3_close_v2);
  for (const auto& step : migrations())
    if (step.version <= version) ::sqlite3_exec(raw, step.sql, nullptr, nullptr, nullptr);
  WYE_TRY(const auto wanted, schema_of(raw));
  WYE_TRY(const auto found, schema_of(database));
  return wanted == found;
}

// Returns the first damage found; "" when there is none.
Result<std::string> look_for_damage(sqlite3* database, const std::string& path, CheckDepth depth,
                                    std::int64_t version) {
  std::vector<std::string> checks;
  if (depth == CheckDepth::complete)
    checks = {"integrity_check(1)"};
  else if (size_of(path) + size_of(path + "-wal") <= kWholeCheckBytes)
    checks = {"quick_check(1)"};
  else
    checks = {"quick_check(settings)", "quick_check(sessions)",
              version < 2 ? "quick_check(api_keys)" : "quick_check(keys)"};
  for (const auto& check : checks) {
    Statement read(database, "PRAGMA " + check);
    WYE_TRY(const bool row, read.step());
    if (row && read.text(0) != "ok") return read.text(0);
  }
  return std::string();
}

Result<int> check(sqlite3* database, const std::string& path, CheckDepth depth) {
  WYE_TRY(const auto version, pragma(database, "user_version"));
  WYE_TRY(const auto application, pragma(database, "application_id"));
  WYE_TRY(const auto changes, pragma(database, "schema_version"));
  if (changes == 0 && version == 0) return 0;  // a file that was created and not written yet
  if (application != kApplicationId)
    return refused("store_foreign",
                   path + " is no database of Wye and was left as it is; choose another --data-dir");
  if (version > schema_version())
    return refused("store_newer", path + " was made by a newer Wye (schema " + std::to_string(version) +
                                      ", this one knows " + std::to_string(schema_version()) +
                                      ") and was left as it is; upgrade wye, or restore a backup");
  if (depth == CheckDepth::version) return static_cast<int>(version);
  WYE_TRY(const bool ours, has_schema_of(database, version));
  if (!ours) return damaged(path, "its tables are not those of schema " + std::to_string(version));
  WYE_TRY(const auto found, look_for_damage(database, path, depth, version));
  if (!found.empty()) return damaged(path, found.substr(0, found.find('\n')));
  return static_cast<int>(version);
}

}  // namespace

Result<int> check_database(const std::string& path, CheckDepth depth) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 && errno != ENOENT)
    return refused("store_unreadable", path + " cannot be read: " + std::strerror(errno));
  if (size_of(path) == 0) {
    // SQLite would take this log for a stray one and delete it.
    if (size_of(path + "-wal") > 0) return damaged(path, "it is empty, and its log is not");
    return 0;
  }
  WYE_TRY(const auto connection, open_read_only(path));
  auto version = check(connection.get(), path, depth);
  if (version) return version;
  // The codes that SQLite gives for bytes that make no sense to it.
  const int code = ::sqlite3_errcode(connection.get()) & 0xff;
  if (version.error().code == "store_failed" && (code == SQLITE_CORRUPT || code == SQLITE_NOTADB))
    return damaged(path, version.error().message);
  if (version.error().code == "store_failed")
    return refused("store_unreadable", path + " cannot be read: " + version.error().message);
  return version;
}

}  // namespace wye::control
