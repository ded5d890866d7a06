#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "events/record.h"

namespace wye::events {

/// The last records of a session, shared by every live stream; a subscriber is a cursor. What falls out
/// before a slow one has read it is lost to it, visibly: the gap in `seq`. One thread.
class Ring {
 public:
  static constexpr std::size_t kCapacity = 1024;  // wire-api §3
  /// Of the records' texts: a thousand of the largest would be a gigabyte. The last record is always there.
  static constexpr std::size_t kCapacityBytes = 8u << 20;

  void push(std::shared_ptr<const Record> record);  // shared with the subscribers that are sending it
  /// The first record with a seq above `seq`.
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

/// Where a new stream begins: the seq behind which it reads (wire-api §3's table of `Last-Event-ID` and
/// `replay`).
[[nodiscard]] std::int64_t stream_start(const Ring& ring, std::optional<std::string_view> last_event_id,
                                        std::string_view replay);

}  // namespace wye::events
