#include "process_use.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace wye::bench {
namespace {

std::string of(pid_t pid, const char* file) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/" + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

double cpu_seconds(pid_t pid) {
  auto text = of(pid, "stat");
  if (text.empty()) return 0;
  text.erase(0, text.rfind(')') + 2);
  long user = 0, system = 0;
  std::sscanf(text.c_str(), "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user, &system);
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double thread_cpu_seconds(pid_t pid) {
  const auto tasks = "/proc/" + std::to_string(pid) + "/task";
  double nanoseconds = 0;
  std::error_code failed;
  for (std::filesystem::directory_iterator at(tasks, failed), end; !failed && at != end;
       at.increment(failed)) {
    double ran = 0;
    if (std::ifstream(at->path() / "schedstat") >> ran) nanoseconds += ran;
  }
  return nanoseconds / 1e9;
}

std::int64_t pss_bytes(pid_t pid) {
  const auto text = of(pid, "smaps_rollup");
  const auto at = text.find("\nPss:");
  return at == std::string::npos ? 0 : std::atoll(text.c_str() + at + 5) * 1024;
}

std::int64_t open_files(pid_t pid) {
  std::error_code failed;
  std::int64_t count = 0;
  for (std::filesystem::directory_iterator at("/proc/" + std::to_string(pid) + "/fd", failed), end;
       !failed && at != end; at.increment(failed))
    ++count;
  return count;
}

}  // namespace wye::bench
