#include "events/spool_frame.h"

#include <zlib.h>

#include <boost/endian/conversion.hpp>
#include <cstring>

namespace wye::events {
namespace {

template <class T>
void put(std::string& out, T value) {
  boost::endian::native_to_little_inplace(value);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T get(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return boost::endian::little_to_native(value);
}

}  // namespace

std::uint32_t payload_sum(std::string_view payload) {
  return static_cast<std::uint32_t>(
      ::crc32_z(0, reinterpret_cast<const unsigned char*>(payload.data()), payload.size()));
}

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
  frame += kFrameMagic;
  put(frame, static_cast<std::uint32_t>(payload.size()));
  put(frame, payload_sum(payload));
  frame += payload;
  return frame;
}

HeadState read_head(std::string_view bytes, std::int64_t last_seq, std::int64_t last_ts, FrameHead& out) {
  if (bytes.substr(0, kFrameMagic.size()) != kFrameMagic.substr(0, bytes.size())) return HeadState::bad;
  if (bytes.size() < kFrameHead) return HeadState::incomplete;
  const auto size = get<std::uint32_t>(bytes, 4);
  if (size < kPayloadHead || size > kMaxPayload) return HeadState::bad;
  if (bytes.size() < FrameHead::kBytes) return HeadState::incomplete;
  out.length = kFrameHead + size;
  out.sum = get<std::uint32_t>(bytes, 8);
  out.seq = get<std::int64_t>(bytes, kFrameHead);
  out.ts = get<std::int64_t>(bytes, kFrameHead + 8);
  out.category = static_cast<std::uint8_t>(bytes[kFrameHead + 16]);
  out.type = static_cast<std::uint8_t>(bytes[kFrameHead + 17]);
  const bool follows = out.seq > last_seq && out.seq <= kMaxSeq && out.ts >= last_ts && out.ts <= kMaxTs;
  return follows && kPayloadHead + out.category + out.type <= size ? HeadState::whole : HeadState::bad;
}

Record record_of(const FrameHead& head, std::string_view payload) {
  Record out{.seq = head.seq, .ts = head.ts};
  out.category = payload.substr(kPayloadHead, head.category);
  out.type = payload.substr(kPayloadHead + head.category, head.type);
  out.json = payload.substr(kPayloadHead + head.category + head.type);
  return out;
}

}  // namespace wye::events
