#include "base/process_stats.h"

#include <dirent.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace wye {
namespace {

std::string read_file(const char* path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::uint64_t count_open_files(std::uint64_t limit) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc/self/fd"), ::closedir);
  if (!directory) return errno == EMFILE ? limit : 0;
  std::uint64_t count = 0;
  while (const auto* entry = ::readdir(directory.get()))
    if (entry->d_name[0] != '.') ++count;
  return count - 1;  // without the descriptor of the directory itself
}

}  // namespace

ProcessStats process_stats() {
  ProcessStats out;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) out.max_files = files.rlim_cur;
  out.open_files = count_open_files(out.max_files);
  const auto heap = ::mallinfo2();
  out.heap_bytes = heap.uordblks + heap.hblkhd;
  rusage use{};
  if (::getrusage(RUSAGE_SELF, &use) == 0)
    out.cpu_seconds = static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
                      static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
  // The fields after the name, which may hold anything: 20 threads, 22 start, 23 and 24 memory.
  auto stat = read_file("/proc/self/stat");
  const auto name_end = stat.rfind(')');
  unsigned long threads = 0, start = 0, size = 0;
  long resident = 0;
  if (name_end != std::string::npos &&
      std::sscanf(stat.c_str() + name_end + 2,
                  "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %lu %*d %lu %lu %ld",
                  &threads, &start, &size, &resident) == 4) {
    out.threads = threads;
    out.virtual_bytes = size;
    out.resident_bytes = static_cast<std::uint64_t>(resident) * static_cast<std::uint64_t>(::getpagesize());
    const auto system = read_file("/proc/stat");
    const auto boot = system.find("\nbtime ");
    if (boot != std::string::npos)
      out.start_time_seconds = std::strtod(system.c_str() + boot + 7, nullptr) +
                               static_cast<double>(start) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }
  return out;
}

}  // namespace wye
