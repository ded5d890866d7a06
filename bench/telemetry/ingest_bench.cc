// Measures how fast the archiver reads a spool into the archive: the whole way, and its two halves
// separately, the reading of the spool and the store's part. usage: ingest_bench [events = 300000] [rounds =
// 7]
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "control/store/sqlite_store.h"
#include "events/spool_index.h"
#include "events/spool_reader.h"
#include "host/archiver.h"
#include "made_events.h"
#include "series.h"

namespace wye::bench {
namespace {

constexpr std::size_t kSmallBatch = 20;  // what a loading page produces between two reads of its spool
const std::string kSession(24, 'p');

class Stopwatch {
 public:
  explicit Stopwatch(clockid_t clock = CLOCK_PROCESS_CPUTIME_ID) : clock_(clock), begin_(now()) {}
  [[nodiscard]] double seconds() const { return now() - begin_; }

 private:
  [[nodiscard]] double now() const {
    timespec time{};
    ::clock_gettime(clock_, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
  }
  clockid_t clock_;
  double begin_;
};

class IngestBench {
 public:
  IngestBench(std::string directory, std::int64_t count)
      : directory_(std::move(directory)), spool_path_(directory_ + "/spool"), count_(count) {}

  bool fill() {
    fd_ = UniqueFd(::open(spool_path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    auto spool = events::SpoolLog::open(fd_.get(), 4LL << 30).value();
    for (std::int64_t seq = 1; seq <= count_; ++seq)
      if (!spool.append(made(seq))) return false;
    return true;
  }

  struct Whole {
    double by_the_clock, on_a_core;
  };
  /// Returns events a second, as do the others.
  Whole whole() {
    const auto store = new_store();
    const SystemClock clock;
    const Log log(LogLevel::off);
    const host::ArchiveRoom room(1LL << 40);
    host::Archiver archiver(*store, clock, log, room);
    const auto trimmed = directory_ + "/trimmed";  // the archiver punches holes into what it has archived
    std::filesystem::copy_file(spool_path_, trimmed, std::filesystem::copy_options::overwrite_existing);
    archiver.open(kSession, trimmed);
    const Stopwatch clock_time(CLOCK_MONOTONIC), core_time;
    while (archiver.ingest(kSession).value() == host::Archiver::Progress::more) {
    }
    const auto events = static_cast<double>(count_);
    const Whole out{events / clock_time.seconds(), events / core_time.seconds()};
    if (static_cast<std::int64_t>(archiver.archived()) != count_) std::abort();
    bytes_ = store->archive_size().value().bytes;
    return out;
  }

  double reading() {
    const Stopwatch time;
    events::SpoolReader reader(fd_.get());
    std::int64_t read = 0;
    while (reader.next().value()) ++read;
    if (read != count_) std::abort();
    return static_cast<double>(count_) / time.seconds();
  }

  double store(std::size_t batch_records, std::int64_t most) {
    const auto store = new_store();
    events::SpoolReader reader(fd_.get());
    host::SpoolMark mark;
    double took = 0;
    std::int64_t done = 0;
    while (done < std::min(count_, most)) {
      std::vector<host::ArchiveBatch> batches(1);
      auto& batch = batches[0];
      batch = {.session = kSession, .expected = mark, .records = {}, .mark = mark, .incomplete = {}};
      while (batch.records.size() < batch_records) {
        auto record = reader.next().value();
        if (!record) break;
        batch.records.push_back(std::move(*record));
      }
      done += static_cast<std::int64_t>(batch.records.size());
      mark = batch.mark = {
          .offset = reader.offset(), .last_seq = reader.last_seq(), .last_ts = reader.last_ts()};
      const Stopwatch time;
      if (!store->archive(batches).value()[0].taken) std::abort();
      took += time.seconds();
    }
    return static_cast<double>(done) / took;
  }
  [[nodiscard]] double bytes_an_event() const {
    return static_cast<double>(bytes_) / static_cast<double>(count_);
  }

 private:
  std::unique_ptr<control::Store> new_store() {
    const auto path = directory_ + "/wye.db";
    for (const auto* end : {"", "-wal", "-shm"}) std::filesystem::remove(path + end);
    auto store = control::open_sqlite_store(path).value();
    if (!store->insert_session({.id = kSession, .life = control::Life::live})) std::abort();
    return store;
  }

  const std::string directory_, spool_path_;
  const std::int64_t count_;
  UniqueFd fd_;
  std::int64_t bytes_ = 0;
};

int run(std::int64_t count, int rounds) {
  std::string directory = (std::filesystem::temp_directory_path() / "wye-ingest-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  IngestBench bench(directory, count);
  if (!bench.fill()) return 1;
  std::vector<double> by_the_clock, on_a_core, reading, large, middle, small;
  for (int i = 0; i < rounds; ++i) {
    const auto whole = bench.whole();
    by_the_clock.push_back(whole.by_the_clock);
    on_a_core.push_back(whole.on_a_core);
    reading.push_back(bench.reading());
    large.push_back(bench.store(5000, count));
    middle.push_back(bench.store(500, count));
    small.push_back(bench.store(kSmallBatch, count / 10));
  }
  std::printf("telemetry: ingest, events a second: %.0f; a second of a core: %.0f\n", median(by_the_clock),
              median(on_a_core));
  std::printf(
      "telemetry: ingest, of it the spool's reading %.0f, the store's part %.0f in batches of 5000, %.0f of "
      "500, "
      "%.0f of %zu; %.1f bytes an event\n",
      median(reading), median(large), median(middle), median(small), kSmallBatch, bench.bytes_an_event());
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return 0;
}

}  // namespace
}  // namespace wye::bench

int main(int argc, char** argv) {
  return wye::bench::run(argc > 1 ? std::atoll(argv[1]) : 300'000, argc > 2 ? std::atoi(argv[2]) : 7);
}
