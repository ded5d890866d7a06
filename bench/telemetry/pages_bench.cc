// Measures pages of 100 events from a session of a million, on both legs' logs: the agent's spool and the
// archive, from the query to the answer's body, at several depths and with filters; before that, how fast the
// archiver reads the spool into the archive. usage: pages_bench [events = 1000000]
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "control/store/sqlite_store.h"
#include "events/spool_index.h"
#include "host/archiver.h"
#include "made_events.h"
#include "series.h"

namespace wye::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPages = 400;
const std::string kSession(24, 'p');

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

constexpr double kAnywhere =
    -1;  // each page is far from the previous one, so that nothing of it is in memory

std::int64_t offset_of(double depth, std::int64_t count, int page) {
  if (depth == kAnywhere) return 1 + page * (count / 997 * 613 + 1) % (count * 9 / 10);
  // Avoids reading the same page repeatedly.
  return 1 + static_cast<std::int64_t>(depth * static_cast<double>(count)) + page * 7;
}

void pages(const char* leg, events::RecordSource& log, std::int64_t count, const char* filter,
           const char* order) {
  for (const double depth : {0.0, 0.25, 0.5, 0.75, 0.99, kAnywhere}) {
    std::vector<double> took;
    std::size_t records = 0;
    for (int i = 0; i < kPages; ++i) {
      const auto offset = offset_of(depth, count, i);
      const auto text = "limit=100&offset=" + std::to_string(offset) + order + filter;
      const auto begin = Clock::now();
      const auto page =
          events::read_page(log, events::parse_page_query(text, 1'800'000'000'000'000).value()).value();
      const auto body = events::page_body(page);
      took.push_back(ms_since(begin));
      records += page.records.size();
      if (body.size() < 2) std::abort();
    }
    const auto where =
        depth == kAnywhere ? "anywhere" : "depth " + std::to_string(static_cast<int>(depth * 100)) + " %";
    std::printf("telemetry: %-7s %-22s %-10s p50 %6.3f ms   p99 %6.3f ms   (%.0f events a page)\n", leg,
                (std::string(order) + filter).c_str(), where.c_str(), median(took), percentile(took, 0.99),
                static_cast<double>(records) / kPages);
  }
}

void all_pages(const char* leg, events::RecordSource& log, std::int64_t count) {
  for (const auto* filter : {"", "&category=network", "&category=system", "&category=system,console"})
    for (const auto* order : {"", "&order=desc"}) pages(leg, log, count, filter, order);
}

int run(std::int64_t count) {
  std::string directory = (std::filesystem::temp_directory_path() / "wye-pages-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  const auto spool_path = directory + "/spool";
  const UniqueFd fd(::open(spool_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  // Keeps the whole session, so that both legs show the same.
  auto spool = events::SpoolLog::open(fd.get(), 4LL << 30).value();
  auto begin = Clock::now();
  for (std::int64_t seq = 1; seq <= count; ++seq)
    if (!spool.append(made(seq))) return 1;
  std::printf("telemetry: into the spool %.0f events/s\n",
              static_cast<double>(count) * 1000 / ms_since(begin));
  std::int64_t bytes = 0;
  for (std::int64_t seq = 1; seq <= 1000; ++seq) bytes += static_cast<std::int64_t>(made(seq).json.size());

  all_pages("vm", spool, count);

  const auto store = control::open_sqlite_store(directory + "/wye.db").value();
  if (!store->insert_session({.id = kSession, .life = control::Life::live})) return 1;
  const SystemClock clock;
  const Log log(LogLevel::off);
  const host::ArchiveRoom room(1LL << 40);
  host::Archiver archiver(*store, clock, log, room);
  archiver.open(kSession, spool_path);
  begin = Clock::now();
  for (auto more = host::Archiver::Progress::more; more == host::Archiver::Progress::more;) {
    const auto done = archiver.ingest(kSession);
    if (!done) return 1;
    more = *done;
  }
  const auto size = store->archive_size().value();
  std::error_code ignored;
  const auto on_disk = static_cast<double>(std::filesystem::file_size(directory + "/wye.db", ignored));
  std::printf(
      "telemetry: into the archive %.0f events/s (%lld bytes an event; the archive counts %.0f bytes an "
      "event, its "
      "file has %.0f)\n",
      static_cast<double>(count) * 1000 / ms_since(begin), static_cast<long long>(bytes / 1000),
      static_cast<double>(size.bytes) / static_cast<double>(count), on_disk / static_cast<double>(count));
  const auto archive = store->archived_events(kSession);
  all_pages("archive", *archive, count);
  std::filesystem::remove_all(directory, ignored);
  return 0;
}

}  // namespace
}  // namespace wye::bench

int main(int argc, char** argv) { return wye::bench::run(argc > 1 ? std::atoll(argv[1]) : 1'000'000); }
