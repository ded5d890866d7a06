#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "wye/result.h"

namespace wye::control {

/// Prepared statements between two uses: preparing one takes longer than most take to run.
class RestingStatements {
 public:
  static constexpr std::size_t kMost = 32;

  RestingStatements() = default;
  RestingStatements(const RestingStatements&) = delete;
  RestingStatements& operator=(const RestingStatements&) = delete;
  ~RestingStatements();
  /// Null when none of that text rests here.
  sqlite3_stmt* take(std::string_view sql);
  /// Ends its read, if it was in the middle of one.
  void rest(sqlite3_stmt* statement);

 private:
  std::unordered_map<std::string_view, sqlite3_stmt*> by_text_;  // the text is the statement's own
};

/// A prepared statement. Bind from 1, read columns from 0.
class Statement {
 public:
  /// With `kept`, it is taken from there, and goes back when it is done with.
  Statement(sqlite3* database, std::string_view sql, RestingStatements* kept = nullptr);
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::int64_t number);
  Statement& bind_bytes(int index, std::string_view bytes);
  /// True while there is a row.
  Result<bool> step();
  /// Runs a statement without rows.
  Result<void> run();
  /// To be bound and run again.
  void reset();
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::string bytes(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;

 private:
  [[nodiscard]] Error error() const;
  struct End {
    RestingStatements* kept;
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, End> statement_;
};

struct OpenOptions {
  bool create = true;    ///< Made when it is not there, for its owner alone.
  bool upgrade = true;   ///< An older schema is brought up to date; else that is `conflict`, `store_older`.
  bool check = true;     ///< Damage is looked for first (sqlite_check.h).
  int cache_kib = 2048;  ///< Pages of the file that are kept in memory, at most.
  /// Told now and then how far an upgrade that takes long is.
  std::function<void(const std::string&)> say = [](const std::string&) {};
};

/// So long a connection waits for another's lock before it says `store_unavailable`.
constexpr int kBusyMs = 5000;

/// A connection. Committed in WAL mode with synchronous=NORMAL (store.h says what that promises).
class Database {
 public:
  /// A file that is damaged, of a newer Wye or no database of ours is an error that says what to do
  /// (sqlite_check.h), and the file is left as it was.
  static Result<Database> open(const std::string& path, const OpenOptions& options = {});
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  Result<void> execute(const std::string& sql);
  /// A statement that is run again and again: it is prepared once. To be destroyed before the database, and
  /// before the connection's lock is let go of.
  [[nodiscard]] Statement kept(std::string_view sql) const { return {handle(), sql, resting_.get()}; }

 private:
  explicit Database(sqlite3* handle)
      : handle_(handle, ::sqlite3_close_v2), resting_(std::make_unique<RestingStatements>()) {}
  Result<void> prepare(const OpenOptions& options);
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> handle_;
  std::unique_ptr<RestingStatements> resting_;
};

/// While it lives, a commit returns only when it and all before it would survive a power cut. Not to be made
/// inside a transaction.
class PowerSafe {
 public:
  explicit PowerSafe(Database& database);
  ~PowerSafe();
  PowerSafe(const PowerSafe&) = delete;
  PowerSafe& operator=(const PowerSafe&) = delete;

 private:
  Database& database_;
};

/// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database)
      : database_(database), begun_(database.kept("BEGIN IMMEDIATE").run()) {}
  ~Transaction();
  [[nodiscard]] const Result<void>& begun() const { return begun_; }
  Result<void> commit();

 private:
  Database& database_;
  Result<void> begun_;
  bool committed_ = false;
};

}  // namespace wye::control
