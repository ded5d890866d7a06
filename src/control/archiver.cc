#include "control/archiver.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/try.h"
#include "events/make_record.h"
#include "events/spool.h"

namespace wye::control {
namespace {

constexpr std::size_t kBatchRecords = 500;
constexpr std::size_t kBatchBytes = 8u << 20;
constexpr std::int64_t kTrimEvery = 16LL << 20;  // below that, the agent answers every page itself

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
    // A file that is longer was not written by an agent of ours.
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

Result<void> Archiver::ingest_locked(const std::string& session, Spool& spool) {
  spool.newer_since = kNever;
  WYE_CHECK(read_on(session, spool));
  spool.behind_since = spool.newer_since.exchange(kNever);
  return {};
}

Result<void> Archiver::read_on(const std::string& session, Spool& spool) {
  events::SpoolReader reader(spool.fd.get(), spool.mark.offset, spool.mark.last_seq, spool.mark.last_ts);
  for (bool more = true; more;) {
    const auto damaged_before = reader.damaged_bytes();
    std::vector<events::Record> batch;
    std::size_t bytes = 0;
    while (batch.size() < kBatchRecords && bytes < kBatchBytes) {
      WYE_TRY(auto record, reader.next());
      if (!record) {
        more = false;
        break;
      }
      bytes += record->json.size();
      batch.push_back(std::move(*record));
    }
    if (batch.empty()) break;
    const SpoolMark mark{reader.offset(), reader.last_seq(), reader.last_ts()};
    WYE_CHECK(store_.archive(session, batch, mark));
    spool.mark = mark;
    spool.archived_to = mark.offset;
    archived_.add(batch.size());
    spool.damaged += reader.damaged_bytes() - damaged_before;
  }
  if (spool.mark.offset - spool.trimmed >= kTrimEvery) {
    WYE_CHECK(store_.make_power_safe());  // or a power cut could take from both
    ::fallocate(spool.fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, spool.mark.offset);
    spool.trimmed = spool.mark.offset;
  }
  return {};
}

Result<void> Archiver::ingest(const std::string& session) {
  const auto spool = find(session);
  if (!spool) return {};
  const std::lock_guard lock(spool->mutex);
  WYE_TRY(const bool there, open_locked(session, *spool));
  return there ? ingest_locked(session, *spool) : Result<void>();
}

Result<void> Archiver::finish(const std::string& session) {
  const auto spool = find(session);
  if (!spool) return {};
  const std::lock_guard lock(spool->mutex);
  WYE_TRY(const bool there, open_locked(session, *spool));
  if (!there) return {};
  WYE_CHECK(ingest_locked(session, *spool));
  events::SpoolReader rest(spool->fd.get(), spool->mark.offset, spool->mark.last_seq, spool->mark.last_ts);
  WYE_TRY(const auto unread, rest.unread_bytes());
  const auto damaged = spool->damaged + unread;
  if (damaged == 0) return {};
  log_.warn("telemetry spool damaged", {{"session", session}, {"bytes", damaged}});
  TelemetryEvent event{.ts = std::max(clock_.unix_micros(), spool->mark.last_ts),
                       .type = "telemetry_damaged",
                       .category = "system",
                       .source = {.kind = "local_process"},
                       .data = boost::json::value{{"lost_bytes", damaged}}};
  const auto record = events::make_record(spool->mark.last_seq + 1, std::move(event));
  const SpoolMark mark{spool->mark.offset + unread, record.seq, record.ts};
  WYE_CHECK(store_.archive(session, {record}, mark));
  spool->mark = mark;
  spool->archived_to = mark.offset;
  spool->damaged = 0;
  archived_.add();
  return {};
}

}  // namespace wye::control
