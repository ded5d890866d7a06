#pragma once

#include <sqlite3.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "testing/scratch_dir.h"

namespace wye::control::testing {

using wye::testing::ScratchDir;

inline std::string read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}
inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Runs SQL on plain SQLite, past our own code.
inline void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* raw = nullptr;
  ::sqlite3_open(path.c_str(), &raw);
  char* message = nullptr;
  const int done = ::sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, &message);
  const std::string said = message == nullptr ? "" : message;
  ::sqlite3_free(message);
  ::sqlite3_close(raw);
  if (done != SQLITE_OK) throw std::runtime_error(said);
}

}  // namespace wye::control::testing
