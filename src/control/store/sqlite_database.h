#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "wye/result.h"

namespace wye::control {

/// A prepared statement. Bind from 1, read columns from 0.
class Statement {
 public:
  Statement(sqlite3* database, std::string_view sql);
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::int64_t number);
  /// True while there is a row.
  Result<bool> step();
  /// Runs a statement without rows.
  Result<void> run();
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;

 private:
  [[nodiscard]] Error error() const;
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement_;
};

/// A connection with its schema brought up to date.
class Database {
 public:
  /// `internal` with a clear message for a file that is no database of ours or of a newer Wye; it is left as
  /// it was.
  static Result<Database> open(const std::string& path);
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  Result<void> execute(const std::string& sql);

 private:
  explicit Database(sqlite3* handle) : handle_(handle, ::sqlite3_close_v2) {}
  Result<void> migrate();
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> handle_;
};

/// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database)
      : database_(database), begun_(database.execute("BEGIN IMMEDIATE")) {}
  ~Transaction();
  [[nodiscard]] const Result<void>& begun() const { return begun_; }
  Result<void> commit();

 private:
  Database& database_;
  Result<void> begun_;
  bool committed_ = false;
};

}  // namespace wye::control
