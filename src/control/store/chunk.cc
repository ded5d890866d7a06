#include "control/store/chunk.h"

#include <zstd.h>

#include <new>
#include <optional>

#include "base/try.h"
#include "wire/telemetry_types.h"

namespace wye::control {
namespace {

constexpr char kVersion = 1;
constexpr int kLevel = 3;
constexpr std::size_t kMaxName = 64;  // events::is_event_name
constexpr int kMaxNumberBytes = 10;   // of 64 bits, 7 a byte

Error damaged(const char* what) {
  return {.kind = ErrorKind::internal,
          .code = "store_damaged",
          .message = std::string("a chunk of the archive is damaged (") + what + "); restore a backup"};
}

// Differences are taken and added modulo 2^64, so that no pair of numbers is out of range.
std::int64_t plus(std::int64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + b);
}
std::uint64_t minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
}
// Maps small differences of either sign to small numbers.
std::uint64_t folded(std::uint64_t difference) {
  return (difference << 1) ^ (difference >> 63 != 0 ? ~std::uint64_t{0} : 0);
}
std::uint64_t unfolded(std::uint64_t number) {
  return (number >> 1) ^ ((number & 1) != 0 ? ~std::uint64_t{0} : 0);
}

void put_number(std::string& out, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) out += static_cast<char>(0x80 | (number & 0x7f));
  out += static_cast<char>(number);
}
void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  for (int i = 0; i < kMaxNumberBytes && !text.empty(); ++i) {
    const auto byte = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    number |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) return number;
  }
  return std::nullopt;
}
std::optional<std::string_view> take_text(std::string_view& text, std::size_t most) {
  const auto size = take_number(text);
  if (!size || *size > most || *size > text.size()) return std::nullopt;
  const auto out = text.substr(0, *size);
  text.remove_prefix(*size);
  return out;
}

bool fits(const Chunk::Entry& entry, std::int64_t after) {
  return entry.seq > after && entry.category.size() <= kMaxName && entry.type.size() <= kMaxName &&
         entry.json.size() <= events::kMaxRecordBytes;
}

}  // namespace

Result<std::shared_ptr<const Chunk>> Chunk::read(std::string text) {
  const std::shared_ptr<Chunk> chunk(new Chunk(std::move(text)));  // shared: readers keep what a cache drops
  WYE_CHECK(chunk->parse());
  return std::shared_ptr<const Chunk>(chunk);
}

Result<void> Chunk::parse() {
  std::string_view left = text_;
  if (left.empty() || left.front() != kVersion) return damaged("of no version that this wye knows");
  left.remove_prefix(1);
  Entry last;
  while (!left.empty()) {
    const auto seq = take_number(left);
    const auto ts = seq ? take_number(left) : std::nullopt;
    if (!ts) return damaged("a number ends early");
    Entry entry{.seq = plus(last.seq, *seq), .ts = plus(last.ts, unfolded(*ts))};
    if (entry.seq <= last.seq) return damaged("its order is broken");
    const auto category = take_text(left, kMaxName);
    const auto type = category ? take_text(left, kMaxName) : std::nullopt;
    const auto json = type ? take_text(left, events::kMaxRecordBytes) : std::nullopt;
    if (!json) return damaged("a text ends early");
    entry.category = *category;
    entry.type = *type;
    entry.json = *json;
    entries_.push_back(entry);
    last = entry;
  }
  if (entries_.empty()) return damaged("it is empty");
  return {};
}

ChunkText::ChunkText() : text_(1, kVersion) {}

ChunkText::ChunkText(const Chunk& chunk) : text_(chunk.text()) {
  const auto& entries = chunk.entries();
  events_ = static_cast<std::int64_t>(entries.size());
  first_seq_ = entries.front().seq;
  first_ts_ = entries.front().ts;
  last_seq_ = entries.back().seq;
  last_ts_ = entries.back().ts;
}

bool ChunkText::add(const Chunk::Entry& record) {
  if (!fits(record, last_seq_)) return false;
  put_number(text_, minus(record.seq, last_seq_));
  put_number(text_, folded(minus(record.ts, last_ts_)));
  put_text(text_, record.category);
  put_text(text_, record.type);
  put_text(text_, record.json);
  if (events_++ == 0) {
    first_seq_ = record.seq;
    first_ts_ = record.ts;
  }
  last_seq_ = record.seq;
  last_ts_ = record.ts;
  return true;
}

ChunkPacking::ChunkPacking()
    : packer_(::ZSTD_createCCtx(), ::ZSTD_freeCCtx), unpacker_(::ZSTD_createDCtx(), ::ZSTD_freeDCtx) {
  if (!packer_ || !unpacker_) throw std::bad_alloc();
  ::ZSTD_CCtx_setParameter(packer_.get(), ZSTD_c_compressionLevel, kLevel);
  ::ZSTD_CCtx_setParameter(packer_.get(), ZSTD_c_checksumFlag, 1);
}

std::string ChunkPacking::pack(std::string_view text) {
  std::string out(::ZSTD_compressBound(text.size()), '\0');
  const auto size = ::ZSTD_compress2(packer_.get(), out.data(), out.size(), text.data(), text.size());
  if (::ZSTD_isError(size) != 0) throw std::bad_alloc();  // the room suffices, so only memory can be missing
  out.resize(size);
  return out;
}

Result<std::shared_ptr<const Chunk>> ChunkPacking::unpack(std::string_view body) {
  const auto size = ::ZSTD_getFrameContentSize(body.data(), body.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR) return damaged("it is not packed");
  if (size > kMaxChunkText) return damaged("it would be too large");
  std::string text(size, '\0');
  const auto done =
      ::ZSTD_decompressDCtx(unpacker_.get(), text.data(), text.size(), body.data(), body.size());
  if (::ZSTD_isError(done) != 0 || done != size) return damaged("it cannot be unpacked");
  return Chunk::read(std::move(text));
}

std::string_view chunk_category(std::string_view category) {
  const auto* known = wire::find_telemetry_category(category);
  return known == nullptr ? std::string_view() : known->name;
}

}  // namespace wye::control
