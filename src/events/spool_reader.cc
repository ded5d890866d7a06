#include "events/spool_reader.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/try.h"
#include "events/envelope_check.h"
#include "events/spool.h"

namespace wye::events {
namespace {

constexpr auto kHeadBytes = static_cast<std::int64_t>(FrameHead::kBytes);

}  // namespace

Result<std::int64_t> SpoolReader::readable_end() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode))
    return Error{
        .kind = ErrorKind::internal, .code = "internal_error", .message = "the spool is not a regular file"};
  return status.st_size - offset_ > kMaxSpoolBytes ? offset_ + kMaxSpoolBytes : status.st_size;
}

Result<std::int64_t> SpoolReader::unread_bytes() const {
  WYE_TRY(const auto end, readable_end());
  return std::max<std::int64_t>(0, end - offset_);
}

SpoolReader::Work SpoolReader::work() const {
  auto out = work_;
  out.read = window_.read();
  return out;
}

bool SpoolReader::has_zero(std::int64_t length, std::int64_t end) {
  const auto to = std::min(offset_ + length, end);
  const bool is_whole = to == offset_ + length;
  auto at = offset_ + kHeadBytes;
  if (!is_whole && waits_at_ == offset_) at = std::max(at, seen_to_);
  while (at < to) {
    // A whole frame is buffered from its beginning, since it is read next; for other frames, pieces are
    // enough.
    auto piece = window_.from(is_whole ? offset_ : at, (is_whole ? at - offset_ : 0) + 1, to);
    if (is_whole) piece.remove_prefix(std::min(piece.size(), static_cast<std::size_t>(at - offset_)));
    if (piece.empty()) break;  // the file was cut meanwhile
    const auto zero = piece.find('\0');
    const auto seen = static_cast<std::int64_t>(std::min(zero, piece.size()));
    work_.searched += seen;
    at += seen;
    if (zero != piece.npos) return true;
  }
  if (!is_whole) {
    waits_at_ = offset_;
    seen_to_ = at;
  }
  return false;
}

SpoolReader::Frame SpoolReader::read_frame(std::int64_t end, Record& out, std::int64_t& length) {
  FrameHead head;
  const auto first = window_.from(offset_, kHeadBytes, end).substr(0, FrameHead::kBytes);
  if (first.empty()) return Frame::incomplete;
  const auto state = read_head(first, last_seq_, last_ts_, head);
  if (state != HeadState::whole) return state == HeadState::bad ? Frame::bad : Frame::incomplete;
  length = static_cast<std::int64_t>(head.length);
  if (has_zero(length, end)) return Frame::bad;
  if (end - offset_ < length) return Frame::incomplete;
  const auto frame = window_.from(offset_, length, end).substr(0, head.length);
  if (frame.size() < head.length) return Frame::incomplete;
  const auto payload = frame.substr(kFrameHead);
  work_.summed += static_cast<std::int64_t>(payload.size());
  if (payload_sum(payload) != head.sum) return Frame::bad;
  out = record_of(head, payload);
  if (!is_event_name(out.category) || !is_event_name(out.type)) return Frame::bad;
  work_.parsed += static_cast<std::int64_t>(out.json.size());
  return is_envelope(out.json, out.seq) ? Frame::whole : Frame::bad;
}

// Skips trimmed parts: holes, each in one step however long, and the zeros in the rest of the last block.
bool SpoolReader::skip_zeros(std::int64_t end) {
  const auto piece = window_.from(offset_, 1, end);
  if (piece.empty() || piece.front() != '\0') return false;
  const auto data = ::lseek(fd_, offset_, SEEK_DATA);
  if (data > offset_) {
    offset_ = data;
  } else if (data < 0 && errno == ENXIO) {
    offset_ = std::max<std::int64_t>(end, ::lseek(fd_, 0, SEEK_END));  // and no data after it
  } else {
    offset_ += static_cast<std::int64_t>(std::min(piece.find_first_not_of('\0'), piece.size()));
  }
  return true;
}

void SpoolReader::skip_bad(std::int64_t end) {
  if (skip_zeros(end)) return;
  const auto from = offset_;
  const auto block = window_.from(from, static_cast<std::int64_t>(kFrameMagic.size()), end);
  if (block.empty()) {  // the file was cut meanwhile
    offset_ = end;
    return;
  }
  auto found = block.find(kFrameMagic, 1);
  if (found == block.npos) {
    // The last bytes of the file may be the beginning of a frame.
    found = block.size() - std::min(block.size() - 1, kFrameMagic.size() - 1);
    while (found < block.size() && !kFrameMagic.starts_with(block.substr(found))) ++found;
  }
  offset_ += static_cast<std::int64_t>(found);
  damaged_bytes_ += offset_ - from;
  work_.searched += offset_ - from;
}

Result<std::optional<Record>> SpoolReader::next_within(std::int64_t most) {
  at_end_ = false;
  const auto begin = window_.read();
  auto end = window_.end();  // buffered bytes need no call of the kernel
  for (bool looked = false; window_.read() - begin < most;) {
    Record record;
    std::int64_t length = 0;
    const auto frame = offset_ < end ? read_frame(end, record, length) : Frame::incomplete;
    if (frame == Frame::whole) {
      offset_ += length;
      last_seq_ = record.seq;
      last_ts_ = record.ts;
      return std::optional<Record>(std::move(record));
    }
    if (frame == Frame::bad) {
      skip_bad(end);
      if (offset_ >= end) looked = false;
      continue;
    }
    // The frame is incomplete: it is still being written, or there is none yet.
    if (std::exchange(looked, true)) {
      at_end_ = true;
      window_.clear();  // holds no memory while there is nothing to read
      return std::optional<Record>();
    }
    WYE_TRY(end, readable_end());
    window_.clear();  // an interrupted agent may have begun its last frame again
  }
  return std::optional<Record>();
}

Result<std::optional<Record>> SpoolReader::next() {
  for (;;) {
    WYE_TRY(auto record, next_within(kMaxSpoolBytes));
    if (record || at_end_) return record;
  }
}

}  // namespace wye::events
