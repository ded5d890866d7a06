#pragma once

#include <deque>
#include <map>
#include <vector>

#include "events/event_filter.h"
#include "events/paging.h"
#include "events/spool.h"

namespace wye::events {

/// The agent's log: appends to the spool and reads pages of it by an index in memory (40 bytes a record). A
/// page costs the same at any depth and with any filter. Records that the server has trimmed leave the index.
/// One thread.
class SpoolLog final : public RecordSource {
 public:
  /// Indexes what the spool already holds. The descriptor stays the caller's and must stay open.
  static Result<SpoolLog> open(int fd, std::int64_t bound = kMaxSpoolBytes);

  Result<void> append(const Record& record, SpoolRoom behind = SpoolRoom::usual);
  [[nodiscard]] std::int64_t last_seq() const { return writer_.last_seq(); }
  [[nodiscard]] std::int64_t last_ts() const { return writer_.last_ts(); }

  /// Fails with `spool_trimmed` when the server has trimmed the record meanwhile.
  Result<void> scan(const Scan& scan, const Visitor& visit) override;
  Result<std::optional<std::int64_t>> first_at(std::int64_t ts) override;
  Result<std::int64_t> floor() override;

  /// Counts the untrimmed records with `after` < seq ≤ `to` that the filter selects.
  [[nodiscard]] std::int64_t count(std::int64_t after, std::int64_t to, const EventFilter& filter) const;
  /// The number of records in the index.
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::int64_t seq, ts, offset;
    std::uint32_t category, type;
  };
  using Ordinal = std::uint64_t;  // counts records from 0, including those that have left the index
  struct Cursor;
  using Names = std::map<std::string, std::uint32_t, std::less<>>;

  SpoolLog(int fd, SpoolWriter writer) : fd_(fd), writer_(writer) {}
  void index(const Record& record, std::int64_t offset);
  void forget_trimmed();
  Result<Record> read(const Entry& entry);
  [[nodiscard]] const Entry& at(Ordinal ordinal) const { return entries_[ordinal - first_]; }
  [[nodiscard]] Ordinal first_from(std::int64_t seq) const;
  [[nodiscard]] std::vector<std::uint32_t> numbers(const std::vector<std::string>& names,
                                                   const Names& known) const;

  int fd_;
  SpoolWriter writer_;
  std::deque<Entry> entries_;
  Ordinal first_ = 0;  // of the first entry
  std::vector<std::deque<Ordinal>> by_category_;
  Names categories_, types_;
  bool is_trimmed_ = false;
};

}  // namespace wye::events
