// Reads a spool to its end, and tells what was lost.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <limits>

#include "base/try.h"
#include "events/spool.h"
#include "host/archive_notes.h"
#include "host/archiver.h"

namespace wye::host {
namespace {

constexpr auto kNoSpool = std::numeric_limits<std::int64_t>::max();

// Whether the file ends before what was read of it.
bool is_truncated(int fd, std::int64_t read_to) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size < read_to;
}

}  // namespace

void Archiver::cut_locked(Spool& spool) {
  const auto fd = spool.fd.get();
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return;
  const auto from = spool.archived_to.load();
  const auto left = std::clamp<std::int64_t>(status.st_size - from, 0, events::kMaxSpoolBytes);
  const auto size = left > 0 ? from + left : status.st_size;
  // The size shrinks by a byte at least: that frees the blocks that were reserved behind the end.
  if (::ftruncate(fd, size + 1) == 0) (void)!::ftruncate(fd, size);
  ::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, std::min(spool.mark.offset, size));
}

Result<void> Archiver::cut(const std::string& session) {
  const auto spool = find(session);
  if (!spool) return {};
  const std::lock_guard lock(spool->mutex);
  WYE_TRY(const bool there, open_locked(session, *spool));
  if (there) cut_locked(*spool);
  return {};
}

Result<Archiver::Progress> Archiver::finish(const std::string& session, const SpoolPast& past) {
  const auto spool = find(session);
  if (!spool) return Progress::done;
  const std::lock_guard lock(spool->mutex);
  WYE_TRY(const bool there, open_locked(session, *spool));
  const char* lost = nullptr;
  if (!there && past.ran) lost = "spool_missing";
  if (there && is_truncated(spool->fd.get(), spool->archived_to)) lost = "spool_truncated";
  if (lost != nullptr) WYE_CHECK(tell_incomplete(session, *spool, past, lost));
  if (lost != nullptr || !there) return Progress::done;
  cut_locked(*spool);
  WYE_TRY(const auto progress, read_slice(session, *spool));
  if (progress == Progress::done) WYE_CHECK(tell_losses(session, *spool));
  return progress;
}

// Tells it once: afterwards the mark is behind the end, and there is nothing left to tell.
Result<void> Archiver::tell_losses(const std::string& session, Spool& spool) {
  const auto& reader = *spool.reader;
  WYE_TRY(const auto unread, reader.unread_bytes());
  const auto damaged = spool.damaged_before + reader.damaged_bytes() + unread;
  if (damaged == 0 && spool.mark.dropped == 0) return {};
  const auto ts = std::max(clock_.unix_micros(), spool.mark.last_ts);
  SpoolMark mark{.offset = reader.offset() + unread, .last_seq = spool.mark.last_seq, .last_ts = ts};
  std::vector<events::Record> records;
  if (spool.mark.dropped > 0) records.push_back(dropped_record(++mark.last_seq, ts, spool.mark.dropped));
  if (damaged > 0) {
    log_.warn("telemetry spool damaged", {{"session", session}, {"bytes", damaged}});
    records.push_back(damaged_record(++mark.last_seq, ts, damaged));
  }
  auto told = put(session, spool, std::move(records), mark);
  spool.reader.reset();
  return told;
}

// Tells it once: afterwards the mark is where no spool ends, and there is nothing left to tell.
Result<void> Archiver::tell_incomplete(const std::string& session, Spool& spool, const SpoolPast& past,
                                       const char* reason) {
  WYE_TRY(spool.mark, store_.spool_mark(session));
  if (spool.mark.offset == kNoSpool) return {};
  const IncompleteArchive lost{.reason = reason,
                               .last_seq = spool.mark.last_seq,
                               .last_contact = std::max(spool.mark.last_ts, past.created_at)};
  log_.error("a session's archive stays incomplete", {{"session", session}, {"reason", reason}});
  const auto ts = std::max(clock_.unix_micros(), lost.last_contact);
  auto mark = spool.mark;
  std::vector<events::Record> records;
  if (mark.dropped > 0) records.push_back(dropped_record(++mark.last_seq, ts, mark.dropped));
  if (mark.damaged > 0) records.push_back(damaged_record(++mark.last_seq, ts, mark.damaged));
  records.push_back(incomplete_record(ts, lost.last_seq, lost.last_contact, lost.reason));
  mark.last_seq = records.back().seq;
  mark.last_ts = ts;
  mark.offset = kNoSpool;
  mark.damaged = mark.dropped = 0;
  return put(session, spool, std::move(records), mark, lost);
}

}  // namespace wye::host
