#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "vm/logs/line_splitter.h"

namespace wye::vm {

struct LogLine {
  std::int64_t number = 0;  ///< From 1.
  std::int64_t at = 0;      ///< When it came, microseconds since the epoch.
  std::string text;
};

/// The last lines that a service of the VM has written. They stay in the VM: a browser's may name pages.
class ServiceLog {
 public:
  static constexpr std::size_t kMostBytes = 512 * 1024, kMostLines = 8192;

  void add(std::string_view bytes, std::int64_t now);
  /// Sets what is called after new lines.
  void on_lines(std::function<void()> call) { came_ = std::move(call); }
  /// Returns the first line behind that number; null when there is none yet.
  [[nodiscard]] const LogLine* after(std::int64_t number) const;
  [[nodiscard]] std::int64_t last() const { return last_; }

 private:
  void keep(std::string line, std::int64_t now);

  LineSplitter splitter_;
  std::deque<LogLine> lines_;
  std::size_t bytes_ = 0;
  std::int64_t last_ = 0;
  std::function<void()> came_;
};

/// The services whose logs can be asked for, by name.
using ServiceLogs = std::map<std::string, ServiceLog, std::less<>>;

inline constexpr std::string_view kAgentLog = "agent", kChromiumLog = "chromium";

}  // namespace wye::vm
