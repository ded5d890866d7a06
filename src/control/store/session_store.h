#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/store/session_record.h"
#include "wye/result.h"

namespace wye::control {

/// `lost`: the session was not in the state that the step begins with, or is not on record; nothing changed.
enum class Moved { made, lost };

/// The record of sessions. Calls block; thread-safe. Promises and errors: store.h.
class SessionStore {
 public:
  virtual ~SessionStore() = default;

  /// Fails with `conflict` (`name_conflict`) when a creating or live session has the name.
  virtual Result<void> insert_session(const Session& session) = 0;
  /// Makes one step of a session's life; of several callers that try it, one succeeds. It is power-safe to
  /// `live`, since a client is told next, and to `gone`, since the spool is removed next. An impossible step
  /// (`is_step`) is `internal`. After an error the step may have been made or not; `session` tells.
  virtual Result<Moved> move(const std::string& id, Life from, Life to, const LifeStep& step) = 0;
  /// Changes a creating or live session: reads, changes and writes it in one transaction. Returns the new
  /// record; nothing when there is no such session. Fails with `conflict` (`name_conflict`) like
  /// `insert_session`.
  virtual Result<std::optional<Session>> patch_config(const std::string& id, const ConfigPatch& patch) = 0;
  /// No value = off.
  virtual Result<void> set_telemetry(
      const std::string& id, const std::optional<std::map<std::string, TelemetryCategory>>& telemetry) = 0;

  [[nodiscard]] virtual Result<std::optional<Session>> session(const std::string& id) = 0;
  /// Finds creating and live sessions only.
  [[nodiscard]] virtual Result<std::optional<Session>> session_by_name(const std::string& name) = 0;
  /// Newest first; one more than `limit` when there is more.
  [[nodiscard]] virtual Result<std::vector<Session>> sessions(const SessionFilter& filter) = 0;
  [[nodiscard]] virtual Result<std::vector<Session>> sessions_not_gone() = 0;
};

}  // namespace wye::control
