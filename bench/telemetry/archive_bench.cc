// Compares the archive on SQLite with that on a private PostgreSQL: how fast batches go in, large and small
// ones with both engines in turns, how much disk they take, and how long pages of 100 take from the query to
// the body. usage: archive_bench [events = 200000]
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "control/store/postgres/postgres_store.h"
#include "control/store/sqlite_store.h"
#include "events/paging.h"
#include "made_events.h"
#include "series.h"
#include "testing/private_postgres.h"

namespace wye::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 5, kPages = 200, kSmall = 400;
constexpr std::int64_t kBatch = 500;
const std::string kLarge(24, 'l'), kOneByOne(24, 's');

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

/// One engine's archive and its measurements.
struct Side {
  const char* name;
  std::unique_ptr<control::Store> store;
  host::SpoolMark large, small;  // the marks of the two sessions
  std::vector<double> events_a_second, ms_an_event;
};

void archive(Side& side, const std::string& session, host::SpoolMark& mark, std::int64_t count) {
  std::vector<host::ArchiveBatch> batches(1);
  batches[0] = {.session = session, .expected = mark};
  for (auto seq = mark.last_seq + 1; seq <= mark.last_seq + count; ++seq)
    batches[0].records.push_back(made(seq));
  const auto& last = batches[0].records.back();
  batches[0].mark = {.offset = mark.offset + count, .last_seq = last.seq, .last_ts = last.ts};
  const auto done = side.store->archive(batches);
  if (!done || !done->at(0).taken) std::abort();
  mark = batches[0].mark;
}

void ingest(Side& side, std::int64_t count) {
  const auto begin = Clock::now();
  for (std::int64_t done = 0; done < count; done += kBatch) archive(side, kLarge, side.large, kBatch);
  side.events_a_second.push_back(static_cast<double>(count) * 1000 / ms_since(begin));
  for (int i = 0; i < kSmall / kRounds; ++i) {
    const auto one = Clock::now();
    archive(side, kOneByOne, side.small, 1);
    side.ms_an_event.push_back(ms_since(one));
  }
}

struct Pages {
  const char* what;
  const char* query;
};
constexpr Pages kQueries[] = {{"all", ""},
                              {"all, newest first", "&order=desc"},
                              {"2 in 3", "&category=network"},
                              {"1 in 1,000", "&category=system"},
                              {"two categories", "&category=system,console"}};

// Measures a page that is far from the previous one, or the next one after it.
double page_ms(Side& side, const Pages& pages, std::int64_t count, bool near) {
  const auto log = side.store->archived_events(kLarge);
  std::vector<double> took;
  for (std::int64_t i = 0; i < kPages; ++i) {
    const auto offset = near ? count / 2 + i * 7 : 1 + i * (count / 997 * 613 + 1) % (count * 9 / 10);
    const auto text = "limit=100&offset=" + std::to_string(offset) + pages.query;
    const auto begin = Clock::now();
    const auto page =
        events::read_page(*log, events::parse_page_query(text, 1'800'000'000'000'000).value()).value();
    const auto body = events::page_body(page);
    took.push_back(ms_since(begin));
    if (body.size() < 2) std::abort();
  }
  return median(took);
}

std::int64_t bytes_in_postgres(const std::string& url) {
  auto connection =
      control::postgres::Connection::open(control::postgres::DatabaseAddress::parse(url).value(), {}).value();
  return connection
      .run(
          "SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c JOIN pg_namespace n ON "
          "n.oid=relnamespace WHERE nspname='wye' AND relkind='r'")
      .value()
      .number(0, 0);
}

int run(std::int64_t count) {
  std::string directory = (std::filesystem::temp_directory_path() / "wye-archive-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  const Log log(LogLevel::off);
  // The settings of normal use: its log is on the disk before it answers.
  testing::PrivatePostgres server({"fsync=on", "shared_buffers=128MB", "max_wal_size=1GB"});
  Side sides[] = {{.name = "SQLite", .store = control::open_sqlite_store(directory + "/wye.db").value()},
                  {.name = "PostgreSQL",
                   .store = control::postgres::open_postgres_store(
                                control::postgres::DatabaseAddress::parse(server.url()).value(), log)
                                .value()}};
  for (auto& side : sides)
    for (const auto& id : {kLarge, kOneByOne})
      if (!side.store->insert_session({.id = id, .life = control::Life::live})) return 1;
  for (int round = 0; round < kRounds; ++round)
    for (auto& side : sides) ingest(side, count / kRounds);
  for (auto& side : sides)
    std::printf("archive: %-10s %8.0f events/s in batches of %lld, %.3f ms for one event\n", side.name,
                median(side.events_a_second), static_cast<long long>(kBatch), median(side.ms_an_event));
  for (const auto& pages : kQueries)
    for (const bool near : {true, false})
      std::printf("archive: a page of 100, %-18s %-16s SQLite p50 %.3f ms   PostgreSQL p50 %.3f ms\n",
                  pages.what, near ? "one by one" : "far apart",
                  page_ms(sides[0], pages, sides[0].large.last_seq, near),
                  page_ms(sides[1], pages, sides[1].large.last_seq, near));
  const auto stored = static_cast<double>(count + kSmall);
  const auto on_disk = [&](bool sqlite) {
    return static_cast<double>(
        sqlite ? static_cast<std::int64_t>(std::filesystem::file_size(directory + "/wye.db"))
               : bytes_in_postgres(server.url()));
  };
  for (auto& side : sides) {
    const auto counted = static_cast<double>(side.store->archive_size().value().bytes);
    side.store.reset();  // SQLite moves its log into its file
    std::printf("archive: %-10s %.0f bytes an event on the disk, %.0f as the archive counts\n", side.name,
                on_disk(&side == sides) / stored, counted / stored);
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return 0;
}

}  // namespace
}  // namespace wye::bench

int main(int argc, char** argv) { return wye::bench::run(argc > 1 ? std::atoll(argv[1]) : 200'000); }
