#pragma once

#include <sqlite3.h>

namespace wye::control {

/// Keeps the write-ahead log short, in place of SQLite's own checkpoints: those let every reader go on, so
/// that readers who overlap all the time keep the log from ever beginning anew. For the one connection that
/// writes; to be destroyed before it.
class LogKeeper {
 public:
  static constexpr int kCheckpointPages = 1000;  ///< About 4 MiB; waits for nobody.
  /// From there on a checkpoint waits for the readers of that moment, so the log begins anew.
  static constexpr int kRestartPages = 2000;
  /// So long at most: one who reads for longer (a backup) is asked again after `kCheckpointPages` more.
  static constexpr int kWaitMs = 100;

  /// `busy_ms` is the connection's own busy timeout.
  LogKeeper(sqlite3* writer, int busy_ms);
  ~LogKeeper();
  LogKeeper(const LogKeeper&) = delete;
  LogKeeper& operator=(const LogKeeper&) = delete;

 private:
  static int on_commit(void* self, sqlite3* writer, const char* database, int pages);

  sqlite3* const writer_;
  const int busy_ms_;
  int restart_at_ = kRestartPages;
};

}  // namespace wye::control
