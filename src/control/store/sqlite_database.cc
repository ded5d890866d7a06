#include "control/store/sqlite_database.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/try.h"
#include "base/unique_fd.h"
#include "control/store/schema.h"
#include "control/store/sqlite_check.h"

namespace wye::control {
namespace {

constexpr const char* kSettings =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON; "
    "PRAGMA trusted_schema=OFF; PRAGMA journal_size_limit=16777216";

Error internal(std::string message) {
  return {.kind = ErrorKind::internal, .code = "store_failed", .message = std::move(message)};
}

Error unreadable(const std::string& path, const std::string& why) {
  return {
      .kind = ErrorKind::internal, .code = "store_unreadable", .message = path + " cannot be opened: " + why};
}

// Creates the file itself, since SQLite would let the umask decide who may read it. An existing file is not
// even opened: closing it would release this process's locks on it.
Result<void> make_file(const std::string& path) {
  const UniqueFd made(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (made) return {};
  if (errno != EEXIST) return unreadable(path, std::strerror(errno));
  for (const auto* end : {"", "-wal", "-shm"})
    ::chmod((path + end).c_str(), 0600);  // an older Wye left it to the umask
  return {};
}

Result<void> check_at_start(const std::string& path) {
  const auto checked = check_database(path, CheckDepth::start);
  if (checked) return {};
  auto error = checked.error();
  if (error.code == "store_damaged")
    error.message +=
        "; restore a backup: `wye restore FILE --data-dir DIR --force` keeps the damaged one aside";
  return error;
}

// An error that passes once somebody frees the disk or releases the database is no defect: callers wait and
// try again.
Error failure(sqlite3* database) {
  const int code = ::sqlite3_errcode(database) & 0xff;  // without its extension
  const std::string message = ::sqlite3_errmsg(database);
  if (code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_BUSY || code == SQLITE_CANTOPEN)
    return {.kind = ErrorKind::disconnected,
            .code = "store_unavailable",
            .message = "the server's record cannot be written now (" + message +
                       "); is the disk of the data directory full?",
            .status = 503};
  return internal(message);
}

}  // namespace

RestingStatements::~RestingStatements() {
  for (const auto& [text, statement] : by_text_) ::sqlite3_finalize(statement);
}

sqlite3_stmt* RestingStatements::take(std::string_view sql) {
  const auto found = by_text_.find(sql);
  if (found == by_text_.end()) return nullptr;
  auto* const statement = found->second;
  by_text_.erase(found);
  return statement;
}

void RestingStatements::rest(sqlite3_stmt* statement) {
  ::sqlite3_reset(statement);
  ::sqlite3_clear_bindings(statement);
  if (by_text_.size() >= kMost || !by_text_.emplace(::sqlite3_sql(statement), statement).second)
    ::sqlite3_finalize(statement);
}

void Statement::End::operator()(sqlite3_stmt* statement) const {
  if (kept != nullptr)
    kept->rest(statement);
  else
    ::sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* database, std::string_view sql, RestingStatements* kept)
    : database_(database), statement_(kept != nullptr ? kept->take(sql) : nullptr, End{kept}) {
  if (statement_) return;
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
  return failure(database_);
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

Statement& Statement::bind_bytes(int index, std::string_view bytes) {
  ::sqlite3_bind_blob64(statement_.get(), index, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
  return *this;
}

void Statement::reset() {
  ::sqlite3_reset(statement_.get());
  ::sqlite3_clear_bindings(statement_.get());
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(::sqlite3_column_text(statement_.get(), column));
  return bytes == nullptr
             ? std::string()
             : std::string(bytes, static_cast<std::size_t>(::sqlite3_column_bytes(statement_.get(), column)));
}

std::string Statement::bytes(int column) const {
  const auto* bytes = static_cast<const char*>(::sqlite3_column_blob(statement_.get(), column));
  const auto size = static_cast<std::size_t>(::sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string() : std::string(bytes, size);
}

std::int64_t Statement::number(int column) const { return ::sqlite3_column_int64(statement_.get(), column); }

Result<void> Database::execute(const std::string& sql) {
  if (::sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return failure(handle_.get());
  return {};
}

Result<Database> Database::open(const std::string& path, const OpenOptions& options) {
  if (options.check) WYE_CHECK(check_at_start(path));
  if (options.create) WYE_CHECK(make_file(path));
  sqlite3* handle = nullptr;
  const int opened =
      ::sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle);
  if (opened != SQLITE_OK)
    return unreadable(path, handle != nullptr ? ::sqlite3_errmsg(handle) : "out of memory");
  ::sqlite3_busy_timeout(handle, kBusyMs);
  ::sqlite3_extended_result_codes(handle, 1);
  auto prepared = database.prepare(options);
  if (prepared) prepared = database.execute("PRAGMA cache_size=-" + std::to_string(options.cache_kib));
  if (prepared) return database;
  auto error = std::move(prepared).error();
  error.message = path + ": " + error.message;
  return error;
}

Result<void> Database::prepare(const OpenOptions& options) {
  const auto version = [this]() -> Result<std::int64_t> {
    Statement read(handle(), "PRAGMA user_version");
    WYE_TRY(const bool row, read.step());
    return row ? read.number(0) : 0;
  };
  WYE_CHECK(execute(kSettings));
  WYE_TRY(const auto found, version());
  if (found == schema_version()) return {};
  if (!options.upgrade)
    return Error{.kind = ErrorKind::conflict,
                 .code = "store_older",
                 .message = "has schema " + std::to_string(found) + ", and this wye works with " +
                            std::to_string(schema_version())};
  const PowerSafe power_safe(*this);
  for (const auto& step : migrations()) {
    if (step.before != nullptr) WYE_CHECK(step.before(*this, options.say));
    Transaction change(*this);
    WYE_CHECK(change.begun());
    WYE_TRY(const auto now, version());  // another connection may have been first
    if (now >= step.version) continue;
    WYE_CHECK(execute(step.sql));
    WYE_CHECK(execute("PRAGMA application_id=" + std::to_string(kApplicationId) +
                      "; PRAGMA user_version=" + std::to_string(step.version)));
    WYE_CHECK(change.commit());
  }
  return {};
}

PowerSafe::PowerSafe(Database& database) : database_(database) {
  (void)database_.execute("PRAGMA synchronous=FULL");
}
PowerSafe::~PowerSafe() { (void)database_.execute("PRAGMA synchronous=NORMAL"); }

Transaction::~Transaction() {
  if (begun_ && !committed_) (void)database_.execute("ROLLBACK");
}

Result<void> Transaction::commit() {
  auto done = database_.kept("COMMIT").run();
  committed_ = done.has_value();
  return done;
}

}  // namespace wye::control
