#include "control/store/session_record.h"

#include "wire/describe.h"

namespace wye::control {
namespace {

Error damaged(const std::string& id, const Error& why) {
  return {.kind = ErrorKind::internal,
          .code = "store_damaged",
          .message = "the record of session \"" + id + "\" is damaged (" + why.message +
                     "); restore a backup with `wye restore`"};
}

}  // namespace

std::string_view to_string(Life life) {
  switch (life) {
    case Life::creating:
      return "creating";
    case Life::live:
      return "live";
    case Life::ending:
      return "ending";
    case Life::gone:
      break;
  }
  return "gone";
}

Life life_from(std::string_view word) {
  for (const auto life : {Life::creating, Life::live, Life::ending})
    if (word == to_string(life)) return life;
  return Life::gone;
}

bool is_step(Life from, Life to) {
  switch (from) {
    case Life::creating:
      return to == Life::creating || to == Life::live || to == Life::ending;
    case Life::live:
      return to == Life::live || to == Life::ending;
    case Life::ending:
      return to == Life::gone;
    case Life::gone:
      break;
  }
  return false;
}

void apply(const ConfigPatch& patch, BrowserCreate& config) {
  if (patch.name) config.name = patch.name->empty() ? std::optional<std::string>() : patch.name;
  if (patch.tags)
    config.tags = patch.tags->empty() ? std::optional<std::map<std::string, std::string>>() : patch.tags;
  if (patch.viewport) config.viewport = patch.viewport;
}

std::string config_text(const Session& session) { return wire::to_text(session.config); }

std::string telemetry_text(const std::optional<std::map<std::string, TelemetryCategory>>& telemetry) {
  return telemetry ? wire::to_text(*telemetry) : "null";
}

Result<void> read_texts(Session& session, std::string_view config, std::string_view telemetry) {
  auto read_config = wire::from_text<BrowserCreate>(config);
  if (!read_config) return damaged(session.id, read_config.error());
  const auto value = wire::parse_json(telemetry);
  if (!value) return damaged(session.id, value.error());
  if (const auto read = wire::from_json(*value, session.telemetry); !read)
    return damaged(session.id, read.error());
  session.config = std::move(*read_config);
  return {};
}

Error name_taken(const Session& session) {
  return {.kind = ErrorKind::conflict,
          .code = "name_conflict",
          .message = "an active browser is called \"" + session.config.name.value_or("") + "\" already"};
}

}  // namespace wye::control
