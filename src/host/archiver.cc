#include "host/archiver.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/try.h"
#include "events/spool.h"
#include "host/archive_notes.h"

namespace wye::host {
namespace {

// Large, since each batch packs the last chunks of the one before again; a commit of so much takes some
// milliseconds, for which other writers wait.
constexpr std::size_t kBatchBytes = 2u << 20;
constexpr std::size_t kBatchRecords = 8192;
constexpr std::int64_t kTrimEvery = 16LL << 20;  // below that, the agent still has every page itself
constexpr std::int64_t kMarkEvery = 64LL << 10;  // less damage is not worth a commit
// More than a batch, so that a full session does not go on for a moment only: what a batch takes is known
// once it is packed.
constexpr std::int64_t kRoomToGoOn = 16LL << 20;

Error busy() {
  return {.kind = ErrorKind::overloaded,
          .code = "upstream_unavailable",
          .message = "this browser's telemetry is still being archived; try again",
          .status = 503};
}

}  // namespace

void Archiver::open(const std::string& session, std::string spool_path) {
  const std::lock_guard lock(mutex_);
  spools_[session] = std::make_shared<Spool>(std::move(spool_path));
}

Result<bool> Archiver::open_locked(const std::string& session, Spool& spool) {
  if (spool.fd) return true;
  UniqueFd fd(::open(spool.path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!fd && errno == ENOENT) return false;
  if (!fd)
    return Error{.kind = ErrorKind::internal,
                 .code = "internal_error",
                 .message = "the spool cannot be opened: " + std::string(std::strerror(errno))};
  WYE_TRY(spool.mark, store_.spool_mark(session));
  WYE_TRY(spool.archive_bytes, store_.archive_bytes(session));
  spool.archived_to = spool.mark.offset;
  spool.fd = std::move(fd);
  return true;
}

std::shared_ptr<Archiver::Spool> Archiver::find(const std::string& session) {
  const std::lock_guard lock(mutex_);
  const auto found = spools_.find(session);
  return found == spools_.end() ? nullptr : found->second;
}

void Archiver::close(const std::string& session) {
  const std::lock_guard lock(mutex_);
  spools_.erase(session);
}

void Archiver::grew(const std::string& session) {
  const auto spool = find(session);
  if (!spool) return;
  const auto now = clock_.steady();
  auto never = kNever;
  if (spool->behind_since.compare_exchange_strong(never, now)) return;
  never = kNever;
  spool->newer_since.compare_exchange_strong(never, now);
}

Archiver::Lag Archiver::lag() const {
  std::vector<std::shared_ptr<Spool>> spools;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [session, spool] : spools_) spools.push_back(spool);
  }
  Lag lag;
  auto oldest = kNever;
  for (const auto& spool : spools) {
    struct stat status {};
    if (::stat(spool->path.c_str(), &status) != 0) continue;
    // A longer file was not written by an agent of ours.
    const auto unread =
        std::min<std::int64_t>(status.st_size - spool->archived_to.load(), events::kMaxSpoolBytes);
    if (unread <= 0) continue;
    lag.bytes += static_cast<std::uint64_t>(unread);
    oldest = std::min(oldest, spool->behind_since.load());
  }
  if (oldest != kNever)
    lag.seconds = std::max(0.0, std::chrono::duration<double>(clock_.steady() - oldest).count());
  return lag;
}

Result<Archiver::Progress> Archiver::read_slice(const std::string& session, Spool& spool) {
  spool.newer_since = kNever;
  if (!spool.reader) {
    spool.reader.emplace(spool.fd.get(), spool.mark.offset, spool.mark.last_seq, spool.mark.last_ts);
    spool.damaged_before = spool.mark.damaged;
  }
  auto& reader = *spool.reader;
  const auto stop = reader.work().read + kSliceBytes;
  auto progress = Progress::more;
  while (progress == Progress::more && reader.work().read < stop) {
    std::vector<events::Record> batch;
    std::size_t bytes = 0;
    while (batch.size() < kBatchRecords && bytes < kBatchBytes) {
      WYE_TRY(auto record, reader.next_within(stop - reader.work().read));
      if (!record) {
        if (reader.at_end()) progress = Progress::done;
        break;
      }
      bytes += record->json.size();
      batch.push_back(std::move(*record));
    }
    const auto committed = commit(session, spool, std::move(batch));
    if (!committed) {
      spool.reader.reset();  // reads the same records again
      return committed.error();
    }
  }
  WYE_CHECK(trim(spool));
  if (progress == Progress::done) spool.behind_since = spool.newer_since.exchange(kNever);
  return progress;
}

// Moves the mark behind damage, too, so that the next start does not read it again.
Result<void> Archiver::commit(const std::string& session, Spool& spool, std::vector<events::Record> batch) {
  const auto& reader = *spool.reader;
  spool.archived_to = reader.offset();
  if (batch.empty() && reader.offset() - spool.mark.offset < kMarkEvery) return {};
  SpoolMark mark{.offset = reader.offset(),
                 .last_seq = reader.last_seq(),
                 .last_ts = reader.last_ts(),
                 .damaged = spool.damaged_before + reader.damaged_bytes(),
                 .dropped = spool.mark.dropped};
  const auto read = batch.size();
  keep_within_room(session, spool, batch, mark);
  const auto kept = batch.size();
  const bool first_damage = spool.mark.damaged == 0 && mark.damaged > 0;
  WYE_CHECK(put(session, spool, std::move(batch), mark));
  if (first_damage) log_.warn("damage in a telemetry spool is passed over", {{"session", session}});
  dropped_.add(read - kept);
  return {};
}

Result<void> Archiver::put(const std::string& session, Spool& spool, std::vector<events::Record> records,
                           const SpoolMark& mark, std::optional<IncompleteArchive> incomplete) {
  std::vector<ArchiveBatch> batches(1);
  batches[0] = {.session = session,
                .expected = spool.mark,
                .records = std::move(records),
                .mark = mark,
                .incomplete = std::move(incomplete)};
  WYE_TRY(const auto outcomes, store_.archive(batches));
  if (!outcomes[0].taken) {
    WYE_TRY(spool.mark, store_.spool_mark(session));
    WYE_TRY(spool.archive_bytes, store_.archive_bytes(session));
    return Error{.kind = ErrorKind::disconnected,
                 .code = "upstream_unavailable",
                 .message = "the archive stands elsewhere than this server knew",
                 .status = 503};
  }
  spool.mark = mark;
  spool.archived_to = mark.offset;
  spool.archive_bytes = outcomes[0].archive_bytes;
  archived_.add(batches[0].records.size());
  return {};
}

std::optional<SpoolMark> Archiver::mark(const std::string& session) {
  const auto spool = find(session);
  if (!spool) return std::nullopt;
  const std::lock_guard lock(spool->mutex);
  return spool->fd ? std::optional(spool->mark) : std::nullopt;
}

// Leaves in the batch what the session's archive has room for. The first record that has no room is replaced
// by an event that says so, and so is the first one that has room again.
void Archiver::keep_within_room(const std::string& session, const Spool& spool,
                                std::vector<events::Record>& batch, SpoolMark& mark) {
  const auto room = room_.bytes();
  auto bytes = spool.archive_bytes;
  std::vector<events::Record> kept;
  kept.reserve(batch.size());
  for (auto& record : batch) {
    const bool was_full = mark.dropped > 0;
    const bool fits = bytes + bytes_in_archive(record) + (was_full ? kRoomToGoOn : 0) <= room;
    if (!fits && mark.dropped++ > 0) continue;
    if (!fits) {
      log_.warn("a session's archive is full; its telemetry is dropped",
                {{"session", session}, {"bytes", bytes}});
      record = stopped_record(record.seq, record.ts);
    } else if (was_full) {
      record = dropped_record(record.seq, record.ts, mark.dropped + 1);
      mark.dropped = 0;
    }
    bytes += bytes_in_archive(record);
    kept.push_back(std::move(record));
  }
  batch = std::move(kept);
}

Result<void> Archiver::trim(Spool& spool) {
  if (spool.mark.offset - spool.trimmed < kTrimEvery) return {};
  WYE_CHECK(store_.make_power_safe());  // a power cut could take the records from both otherwise
  ::fallocate(spool.fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, spool.mark.offset);
  spool.trimmed = spool.mark.offset;
  return {};
}

Result<Archiver::Progress> Archiver::ingest(const std::string& session) {
  const auto spool = find(session);
  if (!spool) return Progress::done;
  const std::lock_guard lock(spool->mutex);
  WYE_TRY(const bool there, open_locked(session, *spool));
  return there ? read_slice(session, *spool) : Progress::done;
}

Result<bool> Archiver::catch_up(const std::string& session) {
  const auto spool = find(session);
  if (!spool) return false;
  const std::unique_lock lock(spool->mutex, std::try_to_lock);
  if (!lock) return busy();
  WYE_TRY(const bool there, open_locked(session, *spool));
  if (!there) return false;
  struct stat status {};
  ::fstat(spool->fd.get(), &status);
  WYE_TRY(const auto progress, read_slice(session, *spool));
  if (progress == Progress::more && spool->archived_to < status.st_size) return busy();
  return true;
}

}  // namespace wye::host
