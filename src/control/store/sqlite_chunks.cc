#include "control/store/sqlite_chunks.h"

#include <algorithm>
#include <limits>

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

constexpr std::string_view kSelectBody =
    "SELECT body FROM chunks WHERE session=?1 AND category=?2 AND first_seq=?3";

Result<std::string> read_body(Statement& read, const std::string& session, const ChunkMeta& meta) {
  const auto row = read.bind(1, session).bind(2, meta.category).bind(3, meta.first_seq).step();
  auto out = row && *row ? read.bytes(0) : std::string();
  read.reset();
  if (!row) return row.error();
  return out;
}

// Joins names with spaces; "-" stands for unknown categories.
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

const std::string kTrailing = chunks_where("ORDER BY first_seq DESC LIMIT ?3");

class SqliteTrailing final : public TrailingChunks {
 public:
  SqliteTrailing(Database& database, const std::string& session)
      : session_(session), last_(database.kept(kTrailing)), body_(database.kept(kSelectBody)) {}

  Result<std::vector<ChunkMeta>> of(const std::string& category) override {
    last_.reset();
    last_.bind(1, session_).bind(2, category).bind(3, static_cast<std::int64_t>(kTrailingChunks));
    std::vector<ChunkMeta> out;
    for (;;) {
      WYE_TRY(const bool row, last_.step());
      if (!row) return out;
      out.push_back(read_meta(last_));
    }
  }
  Result<std::string> body(const ChunkMeta& meta) override { return read_body(body_, session_, meta); }

 private:
  const std::string& session_;
  Statement last_, body_;
};

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
                                    const EntriesByCategory& entries) {
  SqliteTrailing trailing(database, session);
  WYE_TRY(const auto change, grow_archive(packing, trailing, entries));
  WYE_CHECK(write_change(database, session, change));
  const ArchiveGrowth growth{.events = change.events, .bytes = change.bytes};
  if (growth.events > 0)
    WYE_CHECK(add_to_sums(database, session, growth, {change.categories.begin(), change.categories.end()}));
  return growth;
}

SqliteChunkFinder::SqliteChunkFinder(Database& database)
    : categories_(database.handle(), "SELECT categories FROM archives WHERE session=?1 AND expired=0"),
      up_to_(database.handle(), chunks_where("AND first_seq<=?3 ORDER BY first_seq DESC LIMIT 1")),
      below_(database.handle(), chunks_where("AND first_seq<?3 ORDER BY first_seq DESC LIMIT 1")),
      after_(database.handle(), chunks_where("AND first_seq>?3 ORDER BY first_seq LIMIT 1")),
      earlier_(database.handle(),
               chunks_where("AND first_ts<?3 ORDER BY first_ts DESC, first_seq DESC LIMIT 1")),
      body_(database.handle(), kSelectBody) {}

Result<void> SqliteChunkFinder::select(const std::string& session) {
  const auto row = categories_.bind(1, session).step();
  session_ = session;
  categories_of_it_ = row && *row ? split(categories_.text(0)) : std::set<std::string>();
  categories_.reset();
  if (!row) return row.error();
  return {};
}

template <class Find>
Result<std::vector<ChunkMeta>> SqliteChunkFinder::in_each(Names categories, const Find& find) {
  std::vector<ChunkMeta> out;
  for (const auto& category : categories_of_it_) {
    if (categories != nullptr &&
        std::find(categories->begin(), categories->end(), category) == categories->end())
      continue;
    WYE_TRY(auto found, find(category));
    if (found) out.push_back(std::move(*found));
  }
  return out;
}

SqliteChunkFinder::Found SqliteChunkFinder::one(Statement& read, const std::string& category,
                                                std::int64_t at) {
  const auto row = read.bind(1, session_).bind(2, category).bind(3, at).step();
  auto meta = row && *row ? std::optional(read_meta(read)) : std::optional<ChunkMeta>();
  read.reset();
  if (!row) return row.error();
  return meta;
}

SqliteChunkFinder::Found SqliteChunkFinder::first_reaching(const std::string& category, std::int64_t seq) {
  WYE_TRY(auto found, one(up_to_, category, seq));
  if (found && found->last_seq >= seq) return found;
  return one(after_, category, seq);
}

SqliteChunkFinder::Found SqliteChunkFinder::first_reaching_time(const std::string& category,
                                                                std::int64_t ts) {
  WYE_TRY(auto found, one(earlier_, category, ts));
  if (found && found->last_ts >= ts) return found;
  return one(after_, category, found ? found->last_seq : std::numeric_limits<std::int64_t>::min());
}

Result<std::vector<ChunkMeta>> SqliteChunkFinder::reaching(Names categories, std::int64_t seq) {
  return in_each(categories, [&](const std::string& category) { return first_reaching(category, seq); });
}

Result<std::vector<ChunkMeta>> SqliteChunkFinder::below(Names categories, std::int64_t seq) {
  return in_each(categories, [&](const std::string& category) { return one(below_, category, seq); });
}

Result<std::vector<ChunkMeta>> SqliteChunkFinder::reaching_time(Names categories, std::int64_t ts) {
  return in_each(categories, [&](const std::string& category) { return first_reaching_time(category, ts); });
}

Result<std::vector<std::string>> SqliteChunkFinder::bodies(const std::vector<ChunkMeta>& chunks) {
  std::vector<std::string> out;
  for (const auto& meta : chunks) {
    WYE_TRY(auto body, read_body(body_, session_, meta));
    out.push_back(std::move(body));
  }
  return out;
}

}  // namespace wye::control
