#include "control/store/sqlite_log.h"

namespace wye::control {

LogKeeper::LogKeeper(sqlite3* writer, int busy_ms) : writer_(writer), busy_ms_(busy_ms) {
  ::sqlite3_wal_hook(writer, &LogKeeper::on_commit, this);
}

LogKeeper::~LogKeeper() { ::sqlite3_wal_hook(writer_, nullptr, nullptr); }

// A failure here is retried at a later commit; the commit itself stands.
int LogKeeper::on_commit(void* self, sqlite3* writer, const char* database, int pages) {
  auto& keeper = *static_cast<LogKeeper*>(self);
  if (pages < kRestartPages) keeper.restart_at_ = kRestartPages;
  if (pages >= keeper.restart_at_) {
    ::sqlite3_busy_timeout(writer, kWaitMs);
    const int done =
        ::sqlite3_wal_checkpoint_v2(writer, database, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
    ::sqlite3_busy_timeout(writer, keeper.busy_ms_);
    if (done != SQLITE_OK) keeper.restart_at_ = pages + kCheckpointPages;
  } else if (pages >= kCheckpointPages) {
    ::sqlite3_wal_checkpoint_v2(writer, database, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  }
  return SQLITE_OK;
}

}  // namespace wye::control
