#pragma once

// Paths by which the server of this host talks to an agent itself. No client reaches them. Their rows are in
// vm_calls.cc.
namespace wye::wire {

inline constexpr char kAgentHealth[] = "/healthz";       ///< GET; waits for Chromium.
inline constexpr char kAgentHeartbeat[] = "/heartbeat";  ///< GET; a sign of life, at once.
inline constexpr char kAgentCounters[] = "/counters";    ///< GET; for metrics, and what holds its session.
inline constexpr char kAgentHold[] = "/server";          ///< GET; stays open while the agent has a server.
inline constexpr char kAgentEnding[] =
    "/ending";  ///< POST; its connections end, and their ends are recorded.

}  // namespace wye::wire
