#include "events/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <boost/endian/conversion.hpp>
#include <cerrno>
#include <cstring>

#include "base/encoding.h"
#include "base/try.h"
#include "events/envelope_check.h"

namespace wye::events {
namespace {

constexpr std::uint32_t kMagic = 0x31455957;  // "WYE1"
constexpr std::size_t kPayloadHead = 18;
constexpr std::int64_t kBlock = 4096;
constexpr std::int64_t kRoomAtOnce = 64 * 1024;  // the disk is asked once for many records

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

template <class T>
void put(std::string& out, T value) {
  boost::endian::native_to_little_inplace(value);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T get(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return boost::endian::little_to_native(value);
}

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

// Behind what is trimmed from `at` on: whole blocks are holes, and the rest of the last one reads as zeros.
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

std::string frame_of(const Record& record) {
  std::string payload;
  payload.reserve(kPayloadHead + record.category.size() + record.type.size() + record.json.size());
  put(payload, record.seq);
  put(payload, record.ts);
  put(payload, static_cast<std::uint8_t>(record.category.size()));
  put(payload, static_cast<std::uint8_t>(record.type.size()));
  payload += record.category;
  payload += record.type;
  payload += record.json;
  std::string frame;
  frame.reserve(kFrameHead + payload.size());
  put(frame, kMagic);
  put(frame, static_cast<std::uint32_t>(payload.size()));
  put(frame, checksum(payload));
  frame += payload;
  return frame;
}

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

// Blocks are taken before anything is written: a full disk is then noticed while the last record still fits.
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
  room_ = end;  // a file system that cannot: the write will say
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

bool SpoolReader::is_sound(const Record& record) const {
  return record.seq > last_seq_ && record.ts >= last_ts_ && is_event_name(record.category) &&
         is_event_name(record.type) && is_envelope(record.json, record.seq);
}

std::optional<std::string_view> SpoolReader::bytes(std::int64_t at, std::size_t size, std::int64_t end) {
  const auto wanted = static_cast<std::int64_t>(size);
  const auto window_end = window_at_ + static_cast<std::int64_t>(window_.size());
  if (at < window_at_ || at + wanted > window_end) {
    if (end - at < wanted) return std::nullopt;
    window_.resize(static_cast<std::size_t>(std::min(end - at, std::max(wanted, read_ahead_))));
    window_at_ = at;
    if (!read_all(fd_, window_.data(), window_.size(), at)) {
      window_.clear();
      return std::nullopt;
    }
  }
  return std::string_view(window_).substr(static_cast<std::size_t>(at - window_at_), size);
}

SpoolReader::Frame SpoolReader::read_frame(std::int64_t at, std::int64_t end, Record& out,
                                           std::int64_t& length) {
  if (end - at < static_cast<std::int64_t>(kFrameHead)) return Frame::incomplete;
  const auto head = bytes(at, kFrameHead, end);
  if (!head || get<std::uint32_t>(head->data()) != kMagic) return Frame::bad;
  const auto size = get<std::uint32_t>(head->data() + 4), sum = get<std::uint32_t>(head->data() + 8);
  if (size < kPayloadHead || size > kMaxPayload) return Frame::bad;
  length = static_cast<std::int64_t>(kFrameHead + size);
  if (end - at < length) return Frame::incomplete;
  const auto payload = bytes(at + static_cast<std::int64_t>(kFrameHead), size, end);
  if (!payload) return Frame::incomplete;
  if (checksum(*payload) != sum) return Frame::bad;
  const auto category = static_cast<std::uint8_t>((*payload)[16]),
             type = static_cast<std::uint8_t>((*payload)[17]);
  if (kPayloadHead + category + type > size) return Frame::bad;
  out.seq = get<std::int64_t>(payload->data());
  out.ts = get<std::int64_t>(payload->data() + 8);
  out.category = payload->substr(kPayloadHead, category);
  out.type = payload->substr(kPayloadHead + category, type);
  out.json = payload->substr(kPayloadHead + category + type);
  return is_sound(out) ? Frame::whole : Frame::bad;
}

std::int64_t SpoolReader::find_magic(std::int64_t from, std::int64_t end) const {
  std::string magic;
  put(magic, kMagic);
  std::string block;
  while (end - from >= static_cast<std::int64_t>(magic.size())) {
    block.resize(static_cast<std::size_t>(std::min<std::int64_t>(end - from, 64 * 1024)));
    if (!read_all(fd_, block.data(), block.size(), from)) return end;
    if (const auto found = block.find(magic); found != std::string::npos)
      return from + static_cast<std::int64_t>(found);
    from += static_cast<std::int64_t>(block.size() - magic.size() + 1);
  }
  return end;
}

Record SpoolReader::take(Record record, std::int64_t behind) {
  offset_ = behind;
  last_seq_ = record.seq;
  last_ts_ = record.ts;
  return record;
}

Result<std::optional<Record>> SpoolReader::next() {
  Record record;
  std::int64_t length = 0;
  // What was read ahead needs no look at the file.
  const auto window_end = window_at_ + static_cast<std::int64_t>(window_.size());
  if (offset_ >= window_at_ && read_frame(offset_, window_end, record, length) == Frame::whole)
    return std::optional<Record>(take(std::move(record), offset_ + length));
  WYE_TRY(auto end, readable_end());
  window_.clear();  // an agent that was broken off may have begun its last frame anew
  auto at = offset_;
  bool resynced = false;
  while (at < end) {
    const auto frame = read_frame(at, end, record, length);
    if (frame == Frame::whole) {
      if (resynced) damaged_bytes_ += at - offset_;
      return std::optional<Record>(take(std::move(record), at + length));
    }
    // A frame still being written looks incomplete; unless something whole follows, wait for the rest.
    if (frame == Frame::incomplete && !resynced) break;
    const auto data = skip_hole(fd_, at, end);
    if (data > at) {  // trimmed by the server, not damaged
      at = data;
      if (!resynced) {
        offset_ = data;
        WYE_TRY(end, readable_end());
      }
      continue;
    }
    resynced = true;
    at = find_magic(at + 1, end);
  }
  window_ = {};  // nothing is held while there is nothing to read
  return std::optional<Record>();
}

}  // namespace wye::events
