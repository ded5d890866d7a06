#include "control/store/sqlite_chunks.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "base/try.h"

namespace wye::control {
namespace {

constexpr std::string_view kSelect =
    "SELECT category, first_seq, last_seq, first_ts, last_ts, events, text_bytes, length(body) FROM chunks "
    "WHERE session=?1 AND category=?2 ";

std::string chunks_where(std::string_view rest) { return std::string(kSelect) + std::string(rest); }

ChunkMeta read_meta(const Statement& row) {
  return {.category = row.text(0),
          .first_seq = row.number(1),
          .last_seq = row.number(2),
          .first_ts = row.number(3),
          .last_ts = row.number(4),
          .events = row.number(5),
          .text_bytes = row.number(6),
          .body_bytes = row.number(7)};
}

// Names apart by spaces; "-" is the one of categories that are not known.
std::string joined(const std::set<std::string>& categories) {
  std::string out;
  for (const auto& category : categories)
    out += (out.empty() ? "" : " ") + (category.empty() ? std::string("-") : category);
  return out;
}
std::set<std::string> split(std::string_view text) {
  std::set<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) out.insert(text.substr(0, end) == "-" ? std::string() : std::string(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

Result<std::vector<ChunkMeta>> trailing(Database& database, const std::string& session,
                                        const std::string& category) {
  static const auto kTrailing = chunks_where("ORDER BY first_seq DESC LIMIT ?3");
  auto read = database.kept(kTrailing);
  read.bind(1, session).bind(2, category).bind(3, static_cast<std::int64_t>(kTrailingChunks));
  std::vector<ChunkMeta> out;
  for (;;) {
    WYE_TRY(const bool row, read.step());
    if (!row) return out;
    out.push_back(read_meta(read));
  }
}

Result<void> write_change(Database& database, const std::string& session, const ChunkChange& change) {
  auto remove = database.kept("DELETE FROM chunks WHERE session=?1 AND category=?2 AND first_seq=?3");
  for (const auto& old : change.replaced) {
    WYE_CHECK(remove.bind(1, session).bind(2, old.category).bind(3, old.first_seq).run());
    remove.reset();
  }
  auto insert = database.kept(
      "INSERT INTO chunks (session, category, first_seq, last_seq, first_ts, last_ts, events, "
      "text_bytes, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
  for (const auto& [meta, body] : change.written) {
    insert.bind(1, session).bind(2, meta.category).bind(3, meta.first_seq).bind(4, meta.last_seq);
    insert.bind(5, meta.first_ts).bind(6, meta.last_ts).bind(7, meta.events).bind(8, meta.text_bytes);
    WYE_CHECK(insert.bind_bytes(9, body).run());
    insert.reset();
  }
  return {};
}

Result<void> add_to_sums(Database& database, const std::string& session, const ArchiveGrowth& growth,
                         std::set<std::string> categories) {
  auto read = database.kept("SELECT categories FROM archives WHERE session=?1");
  WYE_TRY(const bool there, read.bind(1, session).step());
  if (there) categories.merge(split(read.text(0)));
  read.reset();
  return database
      .kept(
          "INSERT INTO archives (session, bytes, events, categories) VALUES (?1, ?2, ?3, ?4) ON "
          "CONFLICT (session) DO UPDATE SET bytes=bytes+?2, events=events+?3, categories=?4")
      .bind(1, session)
      .bind(2, growth.bytes)
      .bind(3, growth.events)
      .bind(4, joined(categories))
      .run();
}

}  // namespace

Result<ArchiveGrowth> add_to_chunks(Database& database, ChunkPacking& packing, const std::string& session,
                                    const std::vector<Chunk::Entry>& entries) {
  std::map<std::string_view, std::vector<Chunk::Entry>> by_category;
  for (const auto& entry : entries) by_category[chunk_category(entry.category)].push_back(entry);
  ArchiveGrowth growth;
  std::set<std::string> categories;
  auto read = database.kept("SELECT body FROM chunks WHERE session=?1 AND category=?2 AND first_seq=?3");
  const auto body_of = [&](const ChunkMeta& meta) -> Result<std::string> {
    read.reset();
    WYE_TRY([[maybe_unused]] const bool row,
            read.bind(1, session).bind(2, meta.category).bind(3, meta.first_seq).step());
    return read.bytes(0);
  };
  for (const auto& [name, of_it] : by_category) {
    const std::string category(name);
    WYE_TRY(const auto last, trailing(database, session, category));
    WYE_TRY(const auto change, grow_chunks(packing, category, last, body_of, of_it));
    read.reset();
    WYE_CHECK(write_change(database, session, change));
    growth.events += change.events;
    growth.bytes += change.bytes;
    if (change.events > 0) categories.insert(category);
  }
  if (growth.events > 0) WYE_CHECK(add_to_sums(database, session, growth, std::move(categories)));
  return growth;
}

SqliteChunkFinder::SqliteChunkFinder(Database& database)
    : categories_(database.handle(), "SELECT categories FROM archives WHERE session=?1 AND expired=0"),
      up_to_(database.handle(), chunks_where("AND first_seq<=?3 ORDER BY first_seq DESC LIMIT 1")),
      below_(database.handle(), chunks_where("AND first_seq<?3 ORDER BY first_seq DESC LIMIT 1")),
      after_(database.handle(), chunks_where("AND first_seq>?3 ORDER BY first_seq LIMIT 1")),
      earlier_(database.handle(),
               chunks_where("AND first_ts<?3 ORDER BY first_ts DESC, first_seq DESC LIMIT 1")),
      body_(database.handle(), "SELECT body FROM chunks WHERE session=?1 AND category=?2 AND first_seq=?3") {}

Result<std::vector<std::string>> SqliteChunkFinder::categories() {
  const auto row = categories_.bind(1, session_).step();
  const auto text = row && *row ? categories_.text(0) : std::string();
  categories_.reset();
  if (!row) return row.error();
  const auto names = split(text);
  return std::vector<std::string>(names.begin(), names.end());
}

Result<std::optional<ChunkMeta>> SqliteChunkFinder::one(Statement& read, const std::string& category,
                                                        std::int64_t at) {
  const auto row = read.bind(1, session_).bind(2, category).bind(3, at).step();
  auto meta = row && *row ? std::optional(read_meta(read)) : std::optional<ChunkMeta>();
  read.reset();
  if (!row) return row.error();
  return meta;
}

Result<std::optional<ChunkMeta>> SqliteChunkFinder::reaching(const std::string& category, std::int64_t seq) {
  WYE_TRY(auto found, one(up_to_, category, seq));
  if (found && found->last_seq >= seq) return found;
  return one(after_, category, seq);
}

Result<std::optional<ChunkMeta>> SqliteChunkFinder::below(const std::string& category, std::int64_t seq) {
  return one(below_, category, seq);
}

Result<std::optional<ChunkMeta>> SqliteChunkFinder::reaching_time(const std::string& category,
                                                                  std::int64_t ts) {
  WYE_TRY(auto found, one(earlier_, category, ts));
  if (found && found->last_ts >= ts) return found;
  return one(after_, category, found ? found->last_seq : std::numeric_limits<std::int64_t>::min());
}

Result<std::string> SqliteChunkFinder::body(const ChunkMeta& meta) {
  const auto row = body_.bind(1, session_).bind(2, meta.category).bind(3, meta.first_seq).step();
  auto out = row && *row ? body_.bytes(0) : std::string();
  body_.reset();
  if (!row) return row.error();
  return out;
}

}  // namespace wye::control
