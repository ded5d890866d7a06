#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "host/owner_store.h"
#include "wye/browser.h"
#include "wye/result.h"

namespace wye::control {

/// A session's life; each step is committed before it is acted on (routing-contract §7).
enum class Life { creating, live, ending, gone };

[[nodiscard]] std::string_view to_string(Life life);
/// `gone` for a word that is none: nothing is started for such a session.
[[nodiscard]] Life life_from(std::string_view word);
/// Whether a life may go on so. From `creating` and `live` to themselves a step only records the VM.
[[nodiscard]] bool is_step(Life from, Life to);

/// One browser session as it is on record.
struct Session {
  std::string id;
  Life life = Life::creating;
  std::int64_t created_at = 0;  ///< µs.
  std::int64_t deleted_at = 0;  ///< µs; 0 while it is not gone.
  std::int64_t ended_uptime_ms = 0;
  std::string jwt;
  BrowserCreate config;  ///< As asked for, defaults filled in; name and tags as they are now.
  std::optional<std::map<std::string, TelemetryCategory>> telemetry;  ///< On categories; absent = off.
  std::string vm;         ///< The driver's record of the VM; "" before it was launched and once it is gone.
  std::string export_to;  ///< The id of the destination of its telemetry; "" = none.
  bool was_live = false;  ///< Then it has a spool, and a spool that is missing was lost.
};

/// What a step of a session's life carries.
struct LifeStep {
  std::optional<std::string> vm;  ///< Absent = as it was. To `gone` clears it.
  std::int64_t deleted_at = 0;    ///< To `gone`: µs.
  std::int64_t uptime_ms = 0;     ///< To `gone`.
  /// To `gone`: the step is lost unless the archive stands at this mark. Absent = wherever it stands.
  std::optional<host::SpoolMark> archived_to;
};

/// A change of a session's configuration. Absent = unchanged.
struct ConfigPatch {
  std::optional<std::string> name;                         ///< "" clears.
  std::optional<std::map<std::string, std::string>> tags;  ///< Full replacement; {} clears.
  std::optional<Viewport> viewport;
};
void apply(const ConfigPatch& patch, BrowserCreate& config);

// What engines keep of a session as text, and what all of them say.
[[nodiscard]] std::string config_text(const Session& session);
[[nodiscard]] std::string telemetry_text(
    const std::optional<std::map<std::string, TelemetryCategory>>& telemetry);
/// Reads both into `session`, whose id is set. `store_damaged` names the session and quotes nothing.
[[nodiscard]] Result<void> read_texts(Session& session, std::string_view config, std::string_view telemetry);
/// `conflict` (`name_conflict`).
[[nodiscard]] Error name_taken(const Session& session);

struct SessionFilter {
  bool active = true, deleted = false;
  std::string query;  ///< Case-insensitive substring of the name; the id exactly.
  std::string name;   ///< Exactly, without case.
  std::string region;
  std::map<std::string, std::string> tags;
  std::int64_t limit = 20, offset = 0;
};

}  // namespace wye::control
