#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "wye/browser.h"
#include "wye/result.h"

namespace wye::wire {

/// What the server tells an agent at its start (JSON on `--config-fd`). Holds no secrets: root inside the VM
/// can read it.
struct AgentConfig {
  std::string session_id;
  std::optional<bool> stealth;
  std::optional<Viewport> viewport;
  std::optional<std::string> start_url;
  /// The telemetry categories that are on; absent = telemetry is off.
  std::optional<std::map<std::string, TelemetryCategory>> telemetry;
  std::optional<std::string> chromium_path;
  std::optional<std::int64_t> chromium_uid;  ///< Absent: the agent's own.
  std::optional<std::int64_t> chromium_gid;
  std::optional<std::string> home;  ///< Chromium's home; user data is `<home>/user-data`.
  std::optional<std::string> log_level;
  std::optional<std::int64_t>
      alone_seconds;  ///< The agent ends itself after this time without a server; absent: never.
};

[[nodiscard]] Result<AgentConfig> parse_agent_config(std::string_view text);
[[nodiscard]] std::string agent_config_text(const AgentConfig& config);

}  // namespace wye::wire
