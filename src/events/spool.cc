#include "events/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/try.h"

namespace wye::events {
namespace {

constexpr std::int64_t kBlock = 4096;
constexpr std::int64_t kRoomAtOnce = 64 * 1024;  // one allocation serves many records

bool read_all(int fd, char* out, std::size_t size, std::int64_t at) {
  while (size > 0) {
    const auto got = ::pread(fd, out, size, at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out += got;
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

// Returns the end of the trimmed part that begins at `at`. Its whole blocks are holes, and the rest of its
// last block reads as zeros.
std::int64_t skip_hole(int fd, std::int64_t at, std::int64_t end) {
  const auto data = ::lseek(fd, at, SEEK_DATA);
  if (data < 0) return errno == ENXIO ? end : at;
  std::array<char, kBlock> block;
  for (std::int64_t from = data; from < end;) {
    const auto want = static_cast<std::size_t>(std::min<std::int64_t>(end - from, block.size()));
    if (!read_all(fd, block.data(), want, from)) return from;
    for (std::size_t i = 0; i < want; ++i)
      if (block[i] != 0) return from + static_cast<std::int64_t>(i);
    from += static_cast<std::int64_t>(want);
  }
  return end;
}

Error full(const char* code, const std::string& why) {
  return {.kind = ErrorKind::overloaded,
          .code = code,
          .message = std::string("the telemetry spool is full: ") + why};
}

}  // namespace

Result<SpoolWriter> SpoolWriter::open(int fd, std::int64_t bound) {
  SpoolReader reader(fd);
  for (;;) {
    WYE_TRY(auto record, reader.next());
    if (!record) break;
  }
  SpoolWriter writer(fd, bound);
  writer.offset_ = reader.offset();
  writer.last_seq_ = reader.last_seq();
  writer.last_ts_ = reader.last_ts();
  return writer;
}

std::int64_t SpoolWriter::trimmed_to() {
  trimmed_ = skip_hole(fd_, trimmed_, offset_);
  return trimmed_;
}

// Allocates blocks before it writes, so that a full disk is noticed while the last record still fits.
Result<void> SpoolWriter::make_room(std::int64_t end) {
  if (end <= room_) return {};
  const auto from = std::max(room_, offset_);
  for (const auto piece : {kRoomAtOnce, kBlock}) {
    const auto to = (end + piece - 1) / piece * piece;
    if (::fallocate(fd_, FALLOC_FL_KEEP_SIZE, from, to - from) == 0) {
      room_ = to;
      return {};
    }
    if (errno != ENOSPC && errno != EDQUOT) break;
  }
  if (errno == ENOSPC || errno == EDQUOT) return full("disk_full", std::strerror(errno));
  room_ = end;  // the file system cannot allocate; the write will report a full disk
  return {};
}

Result<void> SpoolWriter::append(const Record& record, SpoolRoom behind) {
  if (!is_event_name(record.category) || !is_event_name(record.type))
    return Error{.kind = ErrorKind::invalid,
                 .code = "bad_request",
                 .message = "an event's type and category are 1–64 letters, digits, '_', '.' or '-'"};
  const auto frame = frame_of(record);
  if (frame.size() > kFrameHead + kMaxPayload)
    return Error{.kind = ErrorKind::invalid, .code = "bad_request", .message = "an event is at most 1 MiB"};
  const auto end = offset_ + static_cast<std::int64_t>(frame.size()) + static_cast<std::int64_t>(behind);
  if (end - trimmed_ > bound_ && end - trimmed_to() > bound_)
    return full("spool_full", std::to_string(bound_) + " bytes are not archived yet");
  WYE_CHECK(make_room(end));
  std::size_t done = 0;
  while (done < frame.size()) {
    const auto wrote =
        ::pwrite(fd_, frame.data() + done, frame.size() - done, offset_ + static_cast<std::int64_t>(done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      const auto error = full("disk_full", std::strerror(errno));
      room_ = offset_;
      [[maybe_unused]] const auto cut = ::ftruncate(fd_, offset_);
      return error;
    }
    done += static_cast<std::size_t>(wrote);
  }
  offset_ += static_cast<std::int64_t>(frame.size());
  last_seq_ = record.seq;
  last_ts_ = record.ts;
  return {};
}

}  // namespace wye::events
