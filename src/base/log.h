#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace wye {

enum class LogLevel { debug, info, warn, error, off };

/// Reads `debug`, `info`, `warn`, `error` or `off` in any case; `fallback` for every other text.
[[nodiscard]] LogLevel parse_log_level(std::string_view text, LogLevel fallback);

/// Writes one JSON object a line: `ts`, `level`, `msg` and the fields given. Every string is redacted.
/// Thread-safe.
class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;
  /// Without a sink, lines go to standard error, each by a single write.
  explicit Log(LogLevel level = LogLevel::off, Sink sink = {});

  [[nodiscard]] bool enabled(LogLevel level) const { return level >= level_ && level_ != LogLevel::off; }
  void write(LogLevel level, std::string_view message, boost::json::object fields = {}) const;
  void debug(std::string_view message, boost::json::object fields = {}) const {
    write(LogLevel::debug, message, std::move(fields));
  }
  void info(std::string_view message, boost::json::object fields = {}) const {
    write(LogLevel::info, message, std::move(fields));
  }
  void warn(std::string_view message, boost::json::object fields = {}) const {
    write(LogLevel::warn, message, std::move(fields));
  }
  void error(std::string_view message, boost::json::object fields = {}) const {
    write(LogLevel::error, message, std::move(fields));
  }

 private:
  LogLevel level_;
  Sink sink_;
};

}  // namespace wye
