#include "control/store/postgres/chunks.h"

#include <limits>

#include "base/try.h"

namespace wye::control::postgres {
namespace {

const std::string kMeta =
    "category, first_seq, last_seq, first_ts, last_ts, events, text_bytes, octet_length(body)";

ChunkMeta read_meta(const Rows& rows, int row) {
  return {.category = rows.text(row, 0),
          .first_seq = rows.number(row, 1),
          .last_seq = rows.number(row, 2),
          .first_ts = rows.number(row, 3),
          .last_ts = rows.number(row, 4),
          .events = rows.number(row, 5),
          .text_bytes = rows.number(row, 6),
          .body_bytes = rows.number(row, 7)};
}

// Selects one chunk in each category. `rest` follows "WHERE session=$1 AND category=name AND"; $2 is the
// position.
std::string in_each_category(const std::string& rest) {
  return "SELECT found.* FROM archives CROSS JOIN LATERAL unnest(categories) AS its(name) CROSS JOIN LATERAL "
         "(SELECT " +
         kMeta + " FROM chunks WHERE session=$1 AND category=name AND " + rest +
         ") AS found WHERE session=$1 AND NOT expired AND ($3 OR name=ANY($4))";
}

// The last chunk that begins at or before the position may reach it; otherwise the next one does.
std::string reaching_from(const std::string& begins_before, const std::string& reaches) {
  return "first_seq>=coalesce((SELECT first_seq FROM chunks WHERE session=$1 AND category=name AND " +
         begins_before + " LIMIT 1), " + std::to_string(std::numeric_limits<std::int64_t>::min()) + ") AND " +
         reaches + " ORDER BY first_seq LIMIT 1";
}

}  // namespace

Result<std::vector<ChunkMeta>> PostgresChunkFinder::find(const std::string& sql, Names categories,
                                                         std::int64_t at) {
  const bool all = categories == nullptr;
  WYE_TRY(const auto rows, connection_.run_planned(sql, Values().text(session_).number(at).flag(all).texts(
                                                            all ? std::vector<std::string>() : *categories)));
  std::vector<ChunkMeta> out;
  for (int row = 0; row < rows.count(); ++row) out.push_back(read_meta(rows, row));
  return out;
}

Result<std::vector<ChunkMeta>> PostgresChunkFinder::reaching(Names categories, std::int64_t seq) {
  static const auto sql =
      in_each_category(reaching_from("first_seq<=$2 ORDER BY first_seq DESC", "last_seq>=$2"));
  return find(sql, categories, seq);
}

Result<std::vector<ChunkMeta>> PostgresChunkFinder::below(Names categories, std::int64_t seq) {
  static const auto sql = in_each_category("first_seq<$2 ORDER BY first_seq DESC LIMIT 1");
  return find(sql, categories, seq);
}

Result<std::vector<ChunkMeta>> PostgresChunkFinder::reaching_time(Names categories, std::int64_t ts) {
  static const auto sql =
      in_each_category(reaching_from("first_ts<$2 ORDER BY first_ts DESC, first_seq DESC", "last_ts>=$2"));
  return find(sql, categories, ts);
}

Result<std::vector<std::string>> PostgresChunkFinder::bodies(const std::vector<ChunkMeta>& chunks) {
  std::vector<std::string> categories;
  std::vector<std::int64_t> first_seqs;
  for (const auto& meta : chunks) {
    categories.push_back(meta.category);
    first_seqs.push_back(meta.first_seq);
  }
  WYE_TRY(const auto rows,
          connection_.run_planned(
              "SELECT body FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS it(name, begin, "
              "place) LEFT JOIN LATERAL (SELECT body FROM chunks WHERE session=$1 AND category=name AND "
              "first_seq=begin LIMIT 1) AS its ON true ORDER BY place",
              Values().text(session_).texts(categories).numbers(first_seqs)));
  std::vector<std::string> out;
  for (int row = 0; row < rows.count(); ++row) out.push_back(rows.text(row, 0));
  return out;
}

Result<PostgresTrailing> PostgresTrailing::read(Connection& connection, const std::string& session,
                                                const EntriesByCategory& entries) {
  static const auto sql = "SELECT " + kMeta +
                          ", CASE WHEN text_bytes<$4 THEN body END FROM unnest($2::text[]) "
                          "AS its(name) CROSS JOIN LATERAL (SELECT * FROM chunks WHERE session=$1 AND "
                          "category=name ORDER BY first_seq DESC LIMIT $3) AS last ORDER BY category, "
                          "first_seq DESC";
  std::vector<std::string> categories;
  for (const auto& [category, of_it] : entries) categories.push_back(category);
  PostgresTrailing out;
  if (categories.empty()) return out;
  WYE_TRY(const auto rows, connection.run_planned(sql, Values()
                                                           .text(session)
                                                           .texts(categories)
                                                           .number(static_cast<std::int64_t>(kTrailingChunks))
                                                           .number(static_cast<std::int64_t>(kChunkText))));
  for (int row = 0; row < rows.count(); ++row) {
    const auto meta = read_meta(rows, row);
    out.metas_[meta.category].push_back(meta);
    if (!rows.is_null(row, 8)) out.bodies_[{meta.category, meta.first_seq}] = rows.text(row, 8);
  }
  return out;
}

}  // namespace wye::control::postgres
