#include "soak_report.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "svg_plot.h"

namespace wye::torture {
namespace {

// How much a series may grow after the warm-up: this amount, or a share of its mean, whichever is more.
struct Bound {
  const char* series;
  const char* title;
  double flat, share;
};
constexpr Bound kBounds[]{
    {"server_pss_kb", "server: PSS (KB)", 2048, 0.10},
    {"server_heap_kb", "server: allocated and not freed (KB)", 512, 0.10},
    {"server_files", "server: open files", 4, 0},
    {"server_threads", "server: threads", 2, 0},
    {"agent_pss_kb", "an agent that lives all the time: PSS (KB)", 1024, 0.10},
    {"agent_files", "that agent: open files", 4, 0},
    {"agent_threads", "that agent: threads", 1, 0},
    {"wal_kb", "write-ahead log (KB)", 4096, 0.10},
    // Its archive is bounded to 64 MiB, but a round's new part is there before the oldest goes.
    {"database_kb", "database (KB)", 65'536, 0},
    {"other_disk_kb", "a spool (trimmed by 16 MiB) and small files (KB)", 4096, 0.10},
    {"processes", "processes", 4, 0},
};

}  // namespace

std::vector<std::string> report_soak(const std::vector<Sample>& samples, std::uint64_t seed,
                                     const std::string& svg) {
  std::vector<std::string> out;
  // Each phase has its own level and its own warm-up. The first sample is taken before any cycle.
  const auto last_cycle =
      std::find_if(samples.rbegin(), samples.rend(), [](const Sample& sample) { return sample.cycle > 0; });
  const std::vector<Sample> cycles(samples.begin(), last_cycle.base()),
      mixed(last_cycle.base(), samples.end());
  std::vector<Chart> charts;
  for (const auto& bound : kBounds) {
    const auto series =
        static_cast<std::size_t>(std::find(kSeries.begin(), kSeries.end(), bound.series) - kSeries.begin());
    Chart chart{.title = bound.title};
    for (const auto& sample : samples) chart.points.emplace_back(sample.at_s / 60, sample.values[series]);
    for (const auto& [phase, of_phase] : {std::pair("cycles", &cycles), std::pair("mixed load", &mixed)}) {
      if (of_phase->size() < 10) continue;
      const auto trend = trend_of(*of_phase, series);
      const double allowed = std::max(bound.flat, bound.share * trend.mean);
      char line[200];
      std::snprintf(line, sizeof line, "%s: mean %.0f, grows by %.0f (allowed %.0f)", phase, trend.mean,
                    trend.growth, allowed);
      chart.notes.emplace_back(line);
      std::printf("%-28s %s\n", bound.series, line);
      if (trend.growth > allowed) out.push_back(std::string(bound.series) + " grows");
    }
    charts.push_back(std::move(chart));
  }
  const double boundary = cycles.empty() ? 0 : cycles.back().at_s / 60;
  char title[160];
  std::snprintf(title, sizeof title, "%d create/delete cycles, then %.0f minutes of mixed load (seed %llu)",
                cycles.empty() ? 0 : cycles.back().cycle,
                mixed.empty() ? 0 : mixed.back().at_s / 60 - boundary, static_cast<unsigned long long>(seed));
  std::ofstream plot(svg);
  plot << svg_of(title, "minutes; dashed: the mixed load begins", charts, boundary);
  if (!plot.flush()) out.push_back("the plot cannot be written to " + svg);
  return out;
}

}  // namespace wye::torture
