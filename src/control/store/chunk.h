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

// How the archive keeps records: some that follow one another, packed together. The same on every engine.
namespace wye::control {

/// A chunk has about so much text: the record that reaches it closes the chunk.
inline constexpr std::size_t kChunkText = 64u << 10;
/// A packed chunk that says it holds more is refused before anything is made for it: a record more than a
/// chunk, and the record's own fields.
inline constexpr std::size_t kMaxChunkText = kChunkText + events::kMaxRecordBytes + 1024;

/// A chunk's records, read from its text. Immutable; the views live as long as it does.
class Chunk {
 public:
  struct Entry {
    std::int64_t seq = 0, ts = 0;
    std::string_view category, type, json;
  };
  /// `store_damaged` when the text is none that `ChunkText` has made.
  static Result<std::shared_ptr<const Chunk>> read(std::string text);

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  /// What it takes in memory.
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
  /// Goes on where the chunk ends.
  explicit ChunkText(const Chunk& chunk);

  /// False for what no chunk takes: a seq that does not rise, a name or a text beyond its bound.
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

/// Packs and unpacks chunks' texts: zstd, with a checksum. Keeps what zstd works with; for one thread at a
/// time.
class ChunkPacking {
 public:
  ChunkPacking();
  [[nodiscard]] std::string pack(std::string_view text);
  /// `store_damaged` for bytes that are no packed chunk of at most `kMaxChunkText`.
  Result<std::shared_ptr<const Chunk>> unpack(std::string_view body);

 private:
  std::unique_ptr<ZSTD_CCtx_s, std::size_t (*)(ZSTD_CCtx_s*)> packer_;
  std::unique_ptr<ZSTD_DCtx_s, std::size_t (*)(ZSTD_DCtx_s*)> unpacker_;
};

/// Whose chunk a record goes into: its category's, so that pages of one category read nothing else; "" for
/// categories that this build does not know, all of which share chunks: an agent can make up any number.
[[nodiscard]] std::string_view chunk_category(std::string_view category);

}  // namespace wye::control
