#pragma once

#include <sqlite3.h>

namespace wye::control {

/// Keeps the write-ahead log short, in place of SQLite's own checkpoints: those wait for no reader, so that
/// overlapping readers keep the log from ever being restarted. For the one connection that writes; must be
/// destroyed before it.
class LogKeeper {
 public:
  static constexpr int kCheckpointPages = 1000;  ///< About 4 MiB; this checkpoint waits for nobody.
  /// From this size on, a checkpoint waits for the current readers, so that the log restarts.
  static constexpr int kRestartPages = 2000;
  /// The longest wait; for a longer reader (a backup) the next try is after `kCheckpointPages` more.
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
