#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "events/record.h"

namespace wye::events {

/// The last records of a session, for all its live streams. A subscriber is a cursor; a slow one loses the
/// records that leave the ring before it reads them, and sees a gap in `seq`. One thread.
class Ring {
 public:
  static constexpr std::size_t kCapacity = 1024;  // wire-api §3
  /// The bound of the records' texts: a thousand of the largest would be a gigabyte. The last record always
  /// stays.
  static constexpr std::size_t kCapacityBytes = 8u << 20;

  void push(std::shared_ptr<const Record> record);  // shared with the subscribers that are sending it
  /// Returns the first record with a seq above `seq`.
  [[nodiscard]] std::shared_ptr<const Record> after(std::int64_t seq) const;
  /// The highest seq ever pushed; 0 before the first.
  [[nodiscard]] std::int64_t head() const { return head_; }
  /// The seq before the oldest retained record.
  [[nodiscard]] std::int64_t before_oldest() const {
    return records_.empty() ? head_ : records_.front()->seq - 1;
  }

 private:
  std::deque<std::shared_ptr<const Record>> records_;
  std::size_t bytes_ = 0;
  std::int64_t head_ = 0;
};

/// Returns the seq after which a new stream begins, by the table of `Last-Event-ID` and `replay` in
/// wire-api §3.
[[nodiscard]] std::int64_t stream_start(const Ring& ring, std::optional<std::string_view> last_event_id,
                                        std::string_view replay);

}  // namespace wye::events
