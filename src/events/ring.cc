#include "events/ring.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace wye::events {

void Ring::push(std::shared_ptr<const Record> record) {
  head_ = record->seq;
  bytes_ += record->json.size();
  records_.push_back(std::move(record));
  while (records_.size() > kCapacity || (bytes_ > kCapacityBytes && records_.size() > 1)) {
    bytes_ -= records_.front()->json.size();
    records_.pop_front();
  }
}

std::shared_ptr<const Record> Ring::after(std::int64_t seq) const {
  const auto found = std::upper_bound(records_.begin(), records_.end(), seq,
                                      [](std::int64_t s, const auto& record) { return s < record->seq; });
  return found == records_.end() ? nullptr : *found;
}

std::int64_t stream_start(const Ring& ring, std::optional<std::string_view> last_event_id,
                          std::string_view replay) {
  if (!last_event_id || last_event_id->empty()) return replay == "all" ? ring.before_oldest() : ring.head();
  std::int64_t seq = 0;
  const auto [end, error] =
      std::from_chars(last_event_id->data(), last_event_id->data() + last_event_id->size(), seq);
  const bool is_number = error == std::errc() && end == last_event_id->data() + last_event_id->size();
  return is_number && seq >= 1 && seq <= ring.head() ? seq : ring.head();
}

}  // namespace wye::events
