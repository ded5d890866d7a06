#pragma once

#include <optional>
#include <string>
#include <vector>

#include "world.h"

namespace wye::torture {

/// The measured series, one in each column.
inline const std::vector<std::string> kSeries{
    "server_pss_kb", "server_files", "server_threads", "agent_pss_kb", "agent_files",   "agent_threads",
    "wal_kb",        "database_kb",  "other_disk_kb",  "processes",    "server_heap_kb"};

struct Sample {
  double at_s = 0;
  int cycle = 0;  ///< Of the first phase; 0 in the mixed one.
  std::vector<double> values;
};

/// Samples the server, and the agent of a session that lives all the time. `heap_kb` is from the server's
/// metrics.
[[nodiscard]] Sample take_sample(const World& world, const std::string& long_lived, double heap_kb,
                                 double at_s, int cycle);

void write_csv(const std::string& path, const std::vector<Sample>& samples);
/// Returns nothing when the file is not a list of samples, or not whole.
[[nodiscard]] std::optional<std::vector<Sample>> read_csv(const std::string& path);

/// The line of one series through the samples after the warm-up, which is the first half (SQLite's caches
/// fill in the first 290 cycles): its growth over all of them, and its mean.
struct Trend {
  double growth = 0, mean = 0;
};
[[nodiscard]] Trend trend_of(const std::vector<Sample>& samples, std::size_t series);

}  // namespace wye::torture
