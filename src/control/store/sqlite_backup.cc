#include "control/store/sqlite_backup.h"

#include <fcntl.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/try.h"
#include "base/unique_fd.h"
#include "control/store/schema.h"
#include "control/store/sqlite_check.h"
#include "control/store/sqlite_database.h"

namespace wye::control {
namespace {

Error failed(std::string message) {
  return {.kind = ErrorKind::internal, .code = "backup_failed", .message = std::move(message)};
}

Result<std::int64_t> number(Database& database, std::string_view sql) {
  Statement read(database.handle(), sql);
  WYE_TRY(const bool row, read.step());
  return row ? read.number(0) : 0;
}

Result<DatabaseCounts> count(Database& database) {
  DatabaseCounts out;
  WYE_TRY(out.sessions, number(database, "SELECT count(*) FROM sessions"));
  WYE_TRY(out.unfinished, number(database, "SELECT count(*) FROM sessions WHERE life!='gone'"));
  WYE_TRY(out.events, number(database, "SELECT coalesce(sum(events), 0) FROM archives WHERE expired=0"));
  WYE_TRY(out.keys, number(database, "SELECT count(*) FROM keys WHERE deleted_at=0"));
  return out;
}

Result<void> sync_file(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || ::fsync(file.get()) != 0) return failed(path + ": " + std::strerror(errno));
  return {};
}

}  // namespace

Result<DatabaseCounts> copy_database(const std::string& from, const std::string& to, std::int64_t at) {
  WYE_TRY(const auto version, check_database(from, CheckDepth::version));
  if (version != schema_version())
    return Error{.kind = ErrorKind::conflict,
                 .code = "store_older",
                 .message = from +
                            (version == 0 ? " is not there yet" : " has schema " + std::to_string(version)) +
                            "; start `wye serve` of this version once"};
  WYE_TRY(auto source, Database::open(from, {.create = false, .upgrade = false, .check = false}));
  {
    // This is one read transaction: writers continue meanwhile.
    Statement vacuum(source.handle(), "VACUUM INTO ?1");
    if (const auto done = vacuum.bind(1, to).run(); !done) return failed(done.error().message);
  }
  DatabaseCounts counts;
  {
    WYE_TRY(auto copy, Database::open(to, {.create = false, .upgrade = false, .check = false}));
    Statement mark(copy.handle(),
                   "INSERT INTO settings VALUES ('backup_at', ?1) ON CONFLICT (name) DO UPDATE SET value=?1");
    WYE_CHECK(mark.bind(1, std::to_string(at)).run());
    WYE_TRY(counts, count(copy));
  }
  WYE_CHECK(sync_file(to));
  WYE_CHECK(check_database(to, CheckDepth::complete));
  return counts;
}

Result<RestoredDatabase> prepare_restored(const std::string& path, std::int64_t now) {
  RestoredDatabase out;
  WYE_TRY(auto database, Database::open(path));
  {
    Statement read(database.handle(), "SELECT value FROM settings WHERE name='backup_at'");
    WYE_TRY(const bool row, read.step());
    const auto text = row ? read.text(0) : "";
    std::from_chars(text.data(), text.data() + text.size(), out.made_at);
  }
  WYE_TRY(out.counts, count(database));
  const PowerSafe power_safe(database);
  Statement end(database.handle(),
                "UPDATE sessions SET life='gone', vm='', deleted_at=max(?1, created_at), "
                "uptime_ms=max(0, (?1-created_at)/1000) WHERE life!='gone'");
  WYE_CHECK(end.bind(1, out.made_at > 0 ? out.made_at : now).run());
  // The original server exports these sessions; a second one would send the events again.
  WYE_CHECK(database.execute("UPDATE sessions SET export_to='' WHERE export_to!=''"));
  WYE_CHECK(database.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  return out;
}

}  // namespace wye::control
