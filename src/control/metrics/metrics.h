#pragma once

#include <cstdint>
#include <string>

#include "base/process_stats.h"
#include "control/agent_totals.h"
#include "control/export/export_counters.h"
#include "metro/leg_counters.h"

namespace wye::control {

/// The numbers of one moment, gathered from where they are counted.
struct MetricsSnapshot {
  metro::LegTotals direct, control_plane;
  AgentTotals agents;
  ProcessStats process;

  std::uint64_t sessions_creating = 0, sessions_live = 0, sessions_ending = 0;
  std::uint64_t ended_deleted = 0, ended_timed_out = 0, ended_vm_died = 0;
  std::uint64_t creates_live = 0, creates_failed = 0, creates_undone = 0;
  std::uint64_t creates_running = 0, creates_waiting = 0;

  std::uint64_t hits_sessions = 0, hits_create_queue = 0, hits_create_wait = 0, hits_workers = 0,
                hits_bodies = 0;
  std::uint64_t requests_at_workers = 0, body_bytes_held = 0;

  std::uint64_t events_archived = 0, archive_lag_bytes = 0;
  /// Events that were not archived, since their session had no room left.
  std::uint64_t events_without_room = 0;
  double archive_lag_seconds = 0;
  std::uint64_t archive_bytes = 0, archive_sessions = 0;
  std::uint64_t archives_expired_by_age = 0, archives_expired_by_size = 0, archive_events_removed = 0;
  std::uint64_t archive_reads_gone = 0, archive_reads_live = 0, archive_events_read = 0;
  const ExportCounters* exports = nullptr;  ///< Null when nothing is exported here.
  std::uint64_t exports_failing = 0;
};

/// `GET /metrics` in the Prometheus exposition format 0.0.4. Every label has a fixed set of values.
[[nodiscard]] std::string render_metrics(const MetricsSnapshot& now);

}  // namespace wye::control
