#include "base/try.h"
#include "sdk/paths.h"
#include "sdk/typed_events.h"
#include "wire/log_types.h"
#include "wye/browser_logs.h"

namespace wye {
namespace {

Result<std::optional<LogLine>> read_line(const std::string& data) {
  WYE_TRY(auto event, wire::from_text<wire::LogEvent>(data));
  if (event.event.value_or("log") != "log") return std::optional<LogLine>();
  return std::optional(LogLine{std::move(event.message), std::move(event.timestamp)});
}

}  // namespace

std::string_view to_string(LogSource source) { return source == LogSource::path ? "path" : "supervisor"; }

Logs Browsers::logs() const { return Logs(core_); }

Result<EventStream<LogLine>> Logs::stream(const std::string& id_or_name, const LogQuery& query,
                                          CallOptions call) const {
  sdk::Query wanted;
  wanted.add("source", std::optional(std::string(to_string(query.source))));
  wanted.add(query.source == LogSource::path ? "path" : "supervisor_process", std::optional(query.name));
  wanted.add("follow", std::optional<std::string>(query.follow ? "true" : "false"));
  WYE_TRY(auto path, sdk::browser_path(id_or_name, "/logs/stream" + wanted.suffix()));
  return sdk::open_stream<LogLine>(core_, std::move(path), {.read = read_line}, call);
}

}  // namespace wye
