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

/// Keeps prepared statements between uses: preparing one takes longer than most take to run.
class RestingStatements {
 public:
  static constexpr std::size_t kMost = 32;

  RestingStatements() = default;
  RestingStatements(const RestingStatements&) = delete;
  RestingStatements& operator=(const RestingStatements&) = delete;
  ~RestingStatements();
  /// Returns null when no statement with that text is here.
  sqlite3_stmt* take(std::string_view sql);
  /// Takes a statement back, and ends its read if it was in the middle of one.
  void rest(sqlite3_stmt* statement);

 private:
  std::unordered_map<std::string_view, sqlite3_stmt*> by_text_;  // the text is the statement's own
};

/// A prepared statement. Bind from 1, read columns from 0.
class Statement {
 public:
  /// With `kept`, the statement is taken from there and returned to it by the destructor.
  Statement(sqlite3* database, std::string_view sql, RestingStatements* kept = nullptr);
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::int64_t number);
  Statement& bind_bytes(int index, std::string_view bytes);
  /// Returns true while there is a row.
  Result<bool> step();
  /// Runs a statement without rows.
  Result<void> run();
  /// Makes it ready to be bound and run again.
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
  bool create = true;    ///< Makes the file when it is not there, readable by its owner alone.
  bool upgrade = true;   ///< Brings an older schema up to date; otherwise that is `conflict`, `store_older`.
  bool check = true;     ///< Checks for damage first (sqlite_check.h).
  int cache_kib = 2048;  ///< The most of the file that is kept in memory.
  /// Gets the progress of a long upgrade now and then.
  std::function<void(const std::string&)> say = [](const std::string&) {};
};

/// How long a connection waits for another's lock before it fails with `store_unavailable`.
constexpr int kBusyMs = 5000;

/// A connection in WAL mode with synchronous=NORMAL (store.h says what that promises).
class Database {
 public:
  /// A file that is damaged, of a newer Wye or not a database of ours gives an error that says what to do
  /// (sqlite_check.h), and the file is left as it was.
  static Result<Database> open(const std::string& path, const OpenOptions& options = {});
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  Result<void> execute(const std::string& sql);
  /// Returns a statement that is run again and again: it is prepared once. It must be destroyed before the
  /// database, and before the connection's lock is released.
  [[nodiscard]] Statement kept(std::string_view sql) const { return {handle(), sql, resting_.get()}; }

 private:
  explicit Database(sqlite3* handle)
      : handle_(handle, ::sqlite3_close_v2), resting_(std::make_unique<RestingStatements>()) {}
  Result<void> prepare(const OpenOptions& options);
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> handle_;
  std::unique_ptr<RestingStatements> resting_;
};

/// While it lives, a commit returns only when it and all earlier ones would survive a power cut. Must not be
/// made inside a transaction.
class PowerSafe {
 public:
  explicit PowerSafe(Database& database);
  ~PowerSafe();
  PowerSafe(const PowerSafe&) = delete;
  PowerSafe& operator=(const PowerSafe&) = delete;

 private:
  Database& database_;
};

/// A transaction that rolls back unless committed.
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
