#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wye::host {

/// A process of a VM that the kernel killed for its memory.
struct OomKill {
  struct Task {
    std::int64_t pid = 0, rss_kb = 0;
    std::string name;
  };
  std::string session_id;
  std::string process_name;
  std::int64_t pid = 0;  ///< All pids are the host's.
  std::int64_t rss_kb = 0;
  std::string constraint;  ///< none, memcg, cpuset or memory_policy; "" when the report does not say.
  // Set only for a kill by the VM's own limit: other figures would tell the VM about the host.
  std::optional<std::int64_t> limit_kb, usage_kb, trigger_pid;
  std::string trigger_name;
  std::vector<Task> top_tasks;  ///< At most 5, the largest first.
};

/// Returns the `data` of system_oom_kill, as JSON.
[[nodiscard]] std::string oom_event_body(const OomKill& kill);

/// Reads the kernel's report of an out-of-memory kill, line by line. Reports do not interleave (the kernel
/// holds a lock), but other lines may come between. Pure.
class OomReport {
 public:
  static constexpr std::size_t kMaxTopTasks = 5;
  /// Returns the kill that this line completes, when its process was in a session's VM.
  std::optional<OomKill> read_line(std::string_view line);

 private:
  void begin(std::string_view trigger);
  void read_task(std::string_view line);
  void read_verdict(std::string_view line);
  std::optional<OomKill> read_end(std::string_view line);

  OomKill kill_;
  bool in_report_ = false, in_tasks_ = false;
  std::size_t columns_ = 0;
};

}  // namespace wye::host
