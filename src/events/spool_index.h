#pragma once

#include <map>
#include <vector>

#include "events/paging.h"
#include "events/spool.h"

namespace wye::events {

/// The agent's own log: appends to the spool and pages over it by an index in memory (32 bytes a record), so
/// that a page costs the same at any depth. One thread.
class SpoolLog final : public RecordSource {
 public:
  /// Indexes what the spool already holds. The descriptor stays the caller's and must stay open.
  static Result<SpoolLog> open(int fd);

  Result<void> append(const Record& record, SpoolRoom behind = SpoolRoom::usual);
  [[nodiscard]] std::int64_t last_seq() const { return writer_.last_seq(); }
  [[nodiscard]] std::int64_t last_ts() const { return writer_.last_ts(); }

  Result<void> scan(const Scan& scan, const Visitor& visit) override;
  Result<std::optional<std::int64_t>> first_at(std::int64_t ts) override;
  Result<std::int64_t> floor() override;

 private:
  struct Entry {
    std::int64_t seq, ts, offset;
    std::uint32_t length;
    std::uint16_t category;
  };
  SpoolLog(int fd, SpoolWriter writer) : fd_(fd), writer_(writer) {}
  void index(const Record& record, std::int64_t offset, std::int64_t end);
  Result<Record> read(const Entry& entry) const;
  std::uint16_t category_number(const std::string& name);

  int fd_;
  SpoolWriter writer_;
  std::vector<Entry> entries_;
  std::map<std::string, std::uint16_t, std::less<>> categories_;
};

}  // namespace wye::events
