#include "sampler.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "processes.h"

namespace wye::torture {
namespace {

namespace fs = std::filesystem;

double pss_kb(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("Pss:")) return std::atof(line.c_str() + 4);
  return 0;
}

double disk_kb(const fs::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 ? static_cast<double>(status.st_blocks) / 2 : 0;
}

double all_disk_kb(const fs::path& directory) {
  double sum = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    sum += disk_kb(at->path());
  return sum;
}

std::string csv_head() {
  std::string out = "at_s,cycle";
  for (const auto& name : kSeries) out += ',' + name;
  return out;
}

}  // namespace

Sample take_sample(const World& world, const std::string& long_lived, double heap_kb, double at_s,
                   int cycle) {
  const auto server = world.server_pid(), agent = find_vm(world.session_dir(long_lived)).agent;
  const auto database = world.data_dir() + "/wye.db";
  const double wal = disk_kb(database + "-wal"), kept = disk_kb(database);
  return {
      at_s,
      cycle,
      {pss_kb(server), static_cast<double>(open_files(server).size()),
       static_cast<double>(count_threads(server)), pss_kb(agent),
       static_cast<double>(open_files(agent).size()), static_cast<double>(count_threads(agent)), wal, kept,
       all_disk_kb(world.data_dir()) - wal - kept, static_cast<double>(all_processes().size()), heap_kb}};
}

void write_csv(const std::string& path, const std::vector<Sample>& samples) {
  std::ofstream out(path);
  out << csv_head();
  for (const auto& sample : samples) {
    out << '\n' << sample.at_s << ',' << sample.cycle;
    for (const auto value : sample.values) out << ',' << value;
  }
  out << '\n';
}

std::optional<std::vector<Sample>> read_csv(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  if (!std::getline(in, line) || line != csv_head()) return std::nullopt;
  std::vector<Sample> out;
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    Sample sample;
    char comma = 0;
    if (!(cells >> sample.at_s >> comma >> sample.cycle)) return std::nullopt;
    for (double value = 0; cells >> comma >> value;) sample.values.push_back(value);
    if (sample.values.size() != kSeries.size()) return std::nullopt;
    out.push_back(std::move(sample));
  }
  if (out.empty()) return std::nullopt;
  return out;
}

Trend trend_of(const std::vector<Sample>& samples, std::size_t series) {
  const std::size_t first = samples.size() / 2, count = samples.size() - first;
  double mean_at = 0, mean = 0, covariance = 0, variance = 0;
  for (std::size_t i = first; i < samples.size(); ++i) {
    mean_at += samples[i].at_s / static_cast<double>(count);
    mean += samples[i].values[series] / static_cast<double>(count);
  }
  for (std::size_t i = first; i < samples.size(); ++i) {
    covariance += (samples[i].at_s - mean_at) * (samples[i].values[series] - mean);
    variance += (samples[i].at_s - mean_at) * (samples[i].at_s - mean_at);
  }
  const double span = count > 1 ? samples.back().at_s - samples[first].at_s : 0;
  return {variance > 0 ? covariance / variance * span : 0, mean};
}

}  // namespace wye::torture
