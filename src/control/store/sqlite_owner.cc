// What the owner of a VM writes on SQLite, and the resulting archive.
#include <algorithm>

#include "base/try.h"
#include "control/store/sqlite_record.h"

namespace wye::control {
namespace {

// A damaged record never yields a number below zero, since the spool is read from there.
host::SpoolMark read_mark(const Statement& row) {
  const auto at = [&row](int column) { return std::max<std::int64_t>(0, row.number(column)); };
  return {.offset = row.number(0),
          .last_seq = row.number(1),
          .last_ts = row.number(2),
          .damaged = at(3),
          .dropped = at(4)};
}

constexpr std::string_view kSelectLivingMark =
    "SELECT spool_offset, spool_seq, spool_ts, spool_damaged, spool_dropped FROM sessions WHERE id=?1 AND "
    "life!='gone'";
constexpr std::string_view kSelectMark = kSelectLivingMark.substr(0, kSelectLivingMark.find(" AND life"));

}  // namespace

Result<host::SpoolMark> SqliteStore::spool_mark(const std::string& session) {
  const std::lock_guard lock(mutex_);
  auto read = statement(kSelectMark);
  WYE_TRY(const bool row, read.bind(1, session).step());
  return row ? read_mark(read) : host::SpoolMark();
}

Result<std::optional<host::SpoolMark>> SqliteStore::mark_of_living(const std::string& session) {
  auto read = db_.kept(kSelectLivingMark);
  WYE_TRY(const bool row, read.bind(1, session).step());
  return row ? std::optional(read_mark(read)) : std::optional<host::SpoolMark>();
}

Result<std::vector<host::ArchiveOutcome>> SqliteStore::archive(
    const std::vector<host::ArchiveBatch>& batches) {
  const std::lock_guard lock(mutex_);
  Transaction change(db_);
  WYE_CHECK(change.begun());
  std::vector<host::ArchiveOutcome> out;
  for (const auto& batch : batches) {
    WYE_TRY(const auto outcome, archive_one(batch));
    out.push_back(outcome);
  }
  WYE_CHECK(change.commit());
  return out;
}

Result<host::ArchiveOutcome> SqliteStore::archive_one(const host::ArchiveBatch& batch) {
  WYE_TRY(const auto mark, mark_of_living(batch.session));
  if (!mark || *mark != batch.expected) return host::ArchiveOutcome();
  const auto entries = entries_by_category(batch.records, batch.expected.last_seq);
  WYE_CHECK(add_to_chunks(db_, packing_, batch.session, entries));
  auto update = db_.kept(
      "UPDATE sessions SET spool_offset=?2, spool_seq=?3, spool_ts=?4, spool_damaged=?5, spool_dropped=?6 "
      "WHERE id=?1");
  update.bind(1, batch.session).bind(2, batch.mark.offset).bind(3, batch.mark.last_seq);
  update.bind(4, batch.mark.last_ts).bind(5, batch.mark.damaged).bind(6, batch.mark.dropped);
  WYE_CHECK(update.run());
  if (const auto& lost = batch.incomplete)
    WYE_CHECK(statement("UPDATE sessions SET lost_reason=?2, lost_after=?3, last_contact=?4 WHERE id=?1")
                  .bind(1, batch.session)
                  .bind(2, lost->reason)
                  .bind(3, lost->last_seq)
                  .bind(4, lost->last_contact)
                  .run());
  WYE_TRY(const auto bytes, read_archive_bytes(db_, batch.session));
  return host::ArchiveOutcome{.taken = true, .archive_bytes = bytes};
}

Result<std::int64_t> SqliteStore::archive_bytes(const std::string& session) {
  const std::lock_guard lock(mutex_);
  return read_archive_bytes(db_, session);
}

// Only a commit that changes something syncs.
Result<void> SqliteStore::make_power_safe() {
  const std::lock_guard lock(mutex_);
  const PowerSafe power_safe(db_);
  return statement(
             "INSERT INTO settings VALUES ('synced', '1') ON CONFLICT (name) DO UPDATE SET "
             "value=CAST(value AS INTEGER)+1")
      .run();
}

std::unique_ptr<events::RecordSource> SqliteStore::archived_events(const std::string& id) {
  return archive_.events(id);
}

Result<std::optional<host::IncompleteArchive>> SqliteStore::incomplete_archive(const std::string& id) {
  const std::lock_guard lock(mutex_);
  auto read =
      statement("SELECT lost_reason, lost_after, last_contact FROM sessions WHERE id=?1 AND lost_reason!=''");
  WYE_TRY(const bool row, read.bind(1, id).step());
  if (!row) return std::optional<host::IncompleteArchive>();
  return std::optional<host::IncompleteArchive>(
      {.reason = read.text(0), .last_seq = read.number(1), .last_contact = read.number(2)});
}

Result<ArchiveSize> SqliteStore::archive_size() {
  const std::lock_guard lock(mutex_);
  return read_archive_size(db_);
}

Result<std::optional<EndedArchive>> SqliteStore::oldest_ended_archive() {
  const std::lock_guard lock(mutex_);
  return read_oldest_ended_archive(db_);
}

Result<void> SqliteStore::expire_archive(const std::string& id) {
  const std::lock_guard lock(mutex_);
  return statement("UPDATE archives SET expired=1 WHERE session=?1 AND ended_at > 0").bind(1, id).run();
}

Result<std::optional<std::int64_t>> SqliteStore::remove_expired(std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  return remove_expired_chunks(db_, bytes);
}

}  // namespace wye::control
