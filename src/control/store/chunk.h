#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "events/make_record.h"
#include "events/record.h"
#include "wye/result.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

// How the archive keeps records: consecutive ones are packed together. The same on every engine.
namespace wye::control {

/// The aim for a chunk's text: the record that reaches it closes the chunk.
inline constexpr std::size_t kChunkText = 64u << 10;
/// The most that a packed chunk may claim to hold; a larger claim is refused before memory is allocated for
/// it. It is a record more than a chunk, and the record's own fields.
inline constexpr std::size_t kMaxChunkText = kChunkText + events::kMaxRecordBytes + 1024;

/// A chunk's records, read from its text. Immutable; the views live as long as it does.
class Chunk {
 public:
  struct Entry {
    std::int64_t seq = 0, ts = 0;
    std::string_view category, type, json;
  };
  /// Fails with `store_damaged` when the text was not made by `ChunkText`.
  static Result<std::shared_ptr<const Chunk>> read(std::string text);

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  /// The memory that it takes.
  [[nodiscard]] std::size_t bytes() const { return text_.size() + entries_.size() * sizeof(Entry); }
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;

 private:
  explicit Chunk(std::string text) : text_(std::move(text)) {}
  Result<void> parse();
  const std::string text_;
  std::vector<Entry> entries_;
};

/// A chunk's text as it grows: a version, then each record's fields, numbers as differences from the record
/// before.
class ChunkText {
 public:
  ChunkText();
  /// Continues at the end of `chunk`.
  explicit ChunkText(const Chunk& chunk);

  /// Returns false for an entry that no chunk takes: its seq does not rise, or a name or text is beyond its
  /// bound.
  bool add(const Chunk::Entry& entry);
  bool add(const events::Record& record) {
    return add(Chunk::Entry{record.seq, record.ts, record.category, record.type, record.json});
  }
  [[nodiscard]] bool is_full() const { return text_.size() >= kChunkText; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::int64_t events() const { return events_; }
  [[nodiscard]] std::int64_t first_seq() const { return first_seq_; }
  [[nodiscard]] std::int64_t last_seq() const { return last_seq_; }
  [[nodiscard]] std::int64_t first_ts() const { return first_ts_; }
  [[nodiscard]] std::int64_t last_ts() const { return last_ts_; }

 private:
  std::string text_;
  std::int64_t events_ = 0, first_seq_ = 0, last_seq_ = 0, first_ts_ = 0, last_ts_ = 0;
};

/// Packs and unpacks the texts of chunks: zstd, with a checksum. Keeps zstd's contexts between calls; for one
/// thread at a time.
class ChunkPacking {
 public:
  ChunkPacking();
  [[nodiscard]] std::string pack(std::string_view text);
  /// Fails with `store_damaged` for bytes that are no packed chunk of at most `kMaxChunkText`.
  Result<std::shared_ptr<const Chunk>> unpack(std::string_view body);

 private:
  std::unique_ptr<ZSTD_CCtx_s, std::size_t (*)(ZSTD_CCtx_s*)> packer_;
  std::unique_ptr<ZSTD_DCtx_s, std::size_t (*)(ZSTD_DCtx_s*)> unpacker_;
};

/// Returns the category whose chunk takes a record: the record's own, so that pages of one category read
/// nothing else. It is "" for categories that this build does not know; they share chunks, since an agent can
/// make up any number of them.
[[nodiscard]] std::string_view chunk_category(std::string_view category);

}  // namespace wye::control
