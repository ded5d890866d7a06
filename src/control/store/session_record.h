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

/// A session's states; each step is committed before it is acted on (routing-contract §7).
enum class Life { creating, live, ending, gone };

[[nodiscard]] std::string_view to_string(Life life);
/// Returns `gone` for an unknown word, so that nothing is started for such a session.
[[nodiscard]] Life life_from(std::string_view word);
/// Tells whether a session may take this step. A step from `creating` or `live` to itself only records the
/// VM.
[[nodiscard]] bool is_step(Life from, Life to);

/// One browser session as it is on record.
struct Session {
  std::string id;
  Life life = Life::creating;
  std::int64_t created_at = 0;  ///< µs.
  std::int64_t deleted_at = 0;  ///< µs; 0 while it is not gone.
  std::int64_t ended_uptime_ms = 0;
  std::string jwt;
  BrowserCreate config;  ///< As requested, with defaults filled in; name and tags are the current ones.
  std::optional<std::map<std::string, TelemetryCategory>>
      telemetry;   ///< The categories that are on; absent = off.
  std::string vm;  ///< The driver's record of the VM; "" before the VM was launched and once it is gone.
  std::string export_to;  ///< The id of the destination for its telemetry; "" = none.
  bool was_live = false;  ///< If so, it has a spool, and a missing spool was lost.
};

/// The data of a step of a session's life.
struct LifeStep {
  std::optional<std::string> vm;  ///< Absent = unchanged. A step to `gone` clears it.
  std::int64_t deleted_at = 0;    ///< For `gone`: µs.
  std::int64_t uptime_ms = 0;     ///< For `gone`.
  /// For `gone`: the step is lost unless the archive is at this mark. Absent = at any mark.
  std::optional<host::SpoolMark> archived_to;
};

/// A change of a session's configuration. Absent = unchanged.
struct ConfigPatch {
  std::optional<std::string> name;                         ///< "" clears.
  std::optional<std::map<std::string, std::string>> tags;  ///< Replaces all tags; {} clears.
  std::optional<Viewport> viewport;
};
void apply(const ConfigPatch& patch, BrowserCreate& config);

// The texts that engines keep for a session, in one form for all of them.
[[nodiscard]] std::string config_text(const Session& session);
[[nodiscard]] std::string telemetry_text(
    const std::optional<std::map<std::string, TelemetryCategory>>& telemetry);
/// Reads both texts into `session`, whose id is set. The error `store_damaged` names the session and quotes
/// nothing.
[[nodiscard]] Result<void> read_texts(Session& session, std::string_view config, std::string_view telemetry);
/// `conflict` (`name_conflict`).
[[nodiscard]] Error name_taken(const Session& session);

struct SessionFilter {
  bool active = true, deleted = false;
  std::string query;  ///< A case-insensitive substring of the name, or the exact id.
  std::string name;   ///< The exact name, without regard to case.
  std::string region;
  std::map<std::string, std::string> tags;
  std::int64_t limit = 20, offset = 0;
};

}  // namespace wye::control
