#include "base/log.h"

#include <unistd.h>

#include <boost/json/serialize.hpp>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/redact.h"
#include "base/timestamp.h"

namespace wye {
namespace {

std::string_view name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
    case LogLevel::off:
      break;
  }
  return "off";
}

}  // namespace

LogLevel parse_log_level(std::string_view text, LogLevel fallback) {
  for (const auto level : {LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error, LogLevel::off})
    if (iequals(text, name(level))) return level;
  return fallback;
}

Log::Log(LogLevel level, Sink sink) : level_(level), sink_(std::move(sink)) {}

void Log::write(LogLevel level, std::string_view message, boost::json::object fields) const {
  if (!enabled(level)) return;
  boost::json::object line;
  line["ts"] = rfc3339(SystemClock().unix_micros());
  line["level"] = name(level);
  line["msg"] = message;
  for (auto& field : fields) line[field.key()] = std::move(field.value());
  // Redacting the serialized line covers nested values and keys alike; the mask needs no escaping.
  std::string text = redact(boost::json::serialize(line));
  text += '\n';
  if (sink_) return sink_(text);
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace wye
