#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <string>

namespace wye::live {

/// Blocks a server's writes from outside: SQLite has one writer, and this object is the writer until
/// `release` or its end.
class HeldDatabase {
 public:
  explicit HeldDatabase(const std::string& path) {
    sqlite3* raw = nullptr;
    EXPECT_EQ(::sqlite3_open(path.c_str(), &raw), SQLITE_OK);
    database_.reset(raw);
    ::sqlite3_busy_timeout(raw, 10'000);
    run("BEGIN IMMEDIATE");
  }
  void run(const char* sql) {
    EXPECT_EQ(::sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr), SQLITE_OK) << sql;
  }
  void release() { run("ROLLBACK"); }

 private:
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> database_{nullptr, ::sqlite3_close};
};

}  // namespace wye::live
