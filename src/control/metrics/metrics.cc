#include "control/metrics/metrics.h"

#include <array>

#include "base/metrics.h"

namespace wye::control {
namespace {

constexpr auto kCounter = Exposition::Type::counter;
constexpr auto kGauge = Exposition::Type::gauge;

using metro::LegTotals;
using metro::Outcome;
using metro::Reason;

struct Leg {
  const char* name;
  const LegTotals& totals;
};

// Returns whether a reason can have an outcome: those are there from the beginning, so that a rate misses
// nothing.
bool is_possible(Reason reason, Outcome outcome) {
  switch (reason) {
    case Reason::agent:
      return true;
    case Reason::handler:
    case Reason::archive:
      return outcome == Outcome::success || outcome == Outcome::client_error ||
             outcome == Outcome::server_error;
    case Reason::browser_gone:
    case Reason::unauthorized:
      return outcome == Outcome::client_error;
    case Reason::not_served:
      return outcome == Outcome::client_error;
    case Reason::bad_request:
      return outcome == Outcome::client_error || outcome == Outcome::server_error;
    case Reason::health:
      return outcome == Outcome::success;
    case Reason::client_gone:
      return outcome == Outcome::broken;
    case Reason::ending:
    case Reason::not_ready:
    case Reason::lost:
    case Reason::too_slow:
      return outcome == Outcome::server_error;
    case Reason::overloaded:
      return outcome == Outcome::client_error || outcome == Outcome::server_error;
    case Reason::count_:
      break;
  }
  return false;
}

void render_requests(Exposition& out, const std::array<Leg, 2>& legs) {
  out.family("wye_requests_total", kCounter,
             "Requests answered, by the leg they came on, who answered or why, and the status class.");
  for (const auto& [leg, totals] : legs)
    for (std::size_t reason = 0; reason < metro::kReasons; ++reason)
      for (std::size_t outcome = 0; outcome < metro::kOutcomes; ++outcome) {
        const auto why = static_cast<Reason>(reason);
        const auto how = static_cast<Outcome>(outcome);
        const auto count = totals.answered[reason][outcome];
        if (count > 0 || is_possible(why, how))
          out.sample({{"leg", leg}, {"reason", name_of(why)}, {"outcome", name_of(how)}}, count);
      }
}

template <class Value>
void render_by_leg(Exposition& out, const std::array<Leg, 2>& legs, const char* name, Exposition::Type type,
                   const char* help, Value LegTotals::*member) {
  out.family(name, type, help);
  for (const auto& [leg, totals] : legs) out.sample({{"leg", leg}}, totals.*member);
}

/// Writes a family with one label of fixed values.
void render_by(Exposition& out, const char* name, Exposition::Type type, const char* help, const char* label,
               std::initializer_list<std::pair<const char*, std::uint64_t>> values) {
  out.family(name, type, help);
  for (const auto& [value, count] : values) out.sample({{label, value}}, count);
}

void render_sessions(Exposition& out, const MetricsSnapshot& now) {
  render_by(
      out, "wye_sessions", kGauge, "Browser sessions now, by state.", "state",
      {{"creating", now.sessions_creating}, {"live", now.sessions_live}, {"ending", now.sessions_ending}});
  render_by(
      out, "wye_sessions_ended_total", kCounter, "Sessions that began to end, by cause.", "cause",
      {{"deleted", now.ended_deleted}, {"timed_out", now.ended_timed_out}, {"vm_died", now.ended_vm_died}});
  render_by(out, "wye_creates_total", kCounter,
            "Creates that got their turn, by outcome; undone: their client had left.", "outcome",
            {{"live", now.creates_live}, {"failed", now.creates_failed}, {"undone", now.creates_undone}});
  render_by(out, "wye_creates", kGauge, "Creates now.", "state",
            {{"running", now.creates_running}, {"waiting", now.creates_waiting}});
}

void render_limits(Exposition& out, const MetricsSnapshot& now) {
  const auto overloaded = [](const LegTotals& leg) {
    return leg.answered[static_cast<std::size_t>(Reason::overloaded)]
                       [static_cast<std::size_t>(Outcome::server_error)];
  };
  render_by(out, "wye_limit_hits_total", kCounter, "How often a limit of the server turned somebody away.",
            "limit",
            {{"connections", now.direct.refused_connections + now.control_plane.refused_connections},
             {"descriptors", now.direct.starved_accepts + now.control_plane.starved_accepts},
             {"vm_connections", overloaded(now.direct)},
             {"workers", now.hits_workers},
             {"bodies", now.hits_bodies},
             {"sessions", now.hits_sessions},
             {"create_queue", now.hits_create_queue},
             {"create_wait", now.hits_create_wait}});
  out.single("wye_requests_at_workers", kGauge,
             "Requests of the control plane that run on or wait for a worker.", now.requests_at_workers);
  out.single("wye_body_bytes", kGauge, "Bytes of requests' and answers' bodies that the control plane holds.",
             now.body_bytes_held);
}

void render_events(Exposition& out, const MetricsSnapshot& now) {
  render_by(
      out, "wye_agent_events_total", kCounter,
      "Telemetry events as agents tell when they are asked by a scrape: made; dropped, the spool being full; "
      "sent to subscribers; lost by subscribers that were too slow.",
      "what",
      {{"made", now.agents.events},
       {"dropped", now.agents.dropped},
       {"sent", now.agents.sent},
       {"lost", now.agents.lost}});
  out.single("wye_chromium_restarts_total", kCounter,
             "Deaths of Chromium in living sessions, as agents tell.", now.agents.chromium_restarts);
  render_by(out, "wye_agents_asked_total", kCounter, "Agents asked for their numbers.", "result",
            {{"answered", now.agents.answered},
             {"silent", now.agents.silent},
             {"unbelievable", now.agents.unbelievable}});
  out.single("wye_events_archived_total", kCounter, "Telemetry events committed to the archive.",
             now.events_archived);
  out.single("wye_archive_events_dropped_total", kCounter,
             "Telemetry events that were not archived, their browser having filled its room.",
             now.events_without_room);
  out.single("wye_archive_lag_bytes", kGauge, "Bytes of spools that are not archived yet.",
             now.archive_lag_bytes);
  out.single("wye_archive_lag_seconds", kGauge, "How long the oldest of them has waited.",
             now.archive_lag_seconds);
  out.single("wye_archive_bytes", kGauge, "Of the archived events, when they were last counted.",
             now.archive_bytes);
  out.single("wye_archive_sessions", kGauge, "Sessions with an archive, when they were last counted.",
             now.archive_sessions);
  render_by(out, "wye_archives_expired_total", kCounter,
            "Archives of ended sessions that were let go: for their age, or for the size of all.", "why",
            {{"age", now.archives_expired_by_age}, {"size", now.archives_expired_by_size}});
  out.single("wye_archive_events_removed_total", kCounter, "Events of expired archives removed.",
             now.archive_events_removed);
  render_by(
      out, "wye_archive_reads_total", kCounter,
      "Pages of telemetry/events read from the archive: of browsers that are gone, which is how a client's "
      "fallback arrives, and of live ones, behind the end of their spool.",
      "session", {{"gone", now.archive_reads_gone}, {"live", now.archive_reads_live}});
  out.single("wye_archive_events_read_total", kCounter, "Events in those pages.", now.archive_events_read);
}

void render_exports(Exposition& out, const MetricsSnapshot& now) {
  if (now.exports == nullptr) return;
  const auto& all = *now.exports;
  out.family("wye_export_items_total", kCounter,
             "Log records and spans for OTLP destinations: sent; rejected, the rest of the request being "
             "accepted; refused with a whole request.");
  for (const auto& [signal, items] :
       {std::pair<const char*, const ExportCounters::Items*>("logs", &all.logs),
        std::pair<const char*, const ExportCounters::Items*>("traces", &all.spans)}) {
    out.sample({{"signal", signal}, {"outcome", "sent"}}, items->sent.value());
    out.sample({{"signal", signal}, {"outcome", "rejected"}}, items->rejected.value());
    out.sample({{"signal", signal}, {"outcome", "refused"}}, items->refused.value());
  }
  render_by(out, "wye_export_dropped_events_total", kCounter,
            "Events that were not sent: too old when their turn came, or no event.", "reason",
            {{"expired", all.expired.value()}, {"unreadable", all.unreadable.value()}});
  render_by(
      out, "wye_export_requests_total", kCounter, "Requests to OTLP destinations.", "outcome",
      {{"accepted", all.accepted.value()}, {"refused", all.refused.value()}, {"again", all.again.value()}});
  out.single("wye_export_failing_destinations", kGauge, "OTLP destinations whose last attempt failed.",
             now.exports_failing);
}

void render_process(Exposition& out, const ProcessStats& process) {
  out.single("process_open_fds", kGauge, "Open descriptors.", process.open_files);
  out.single("process_max_fds", kGauge, "Most descriptors.", process.max_files);
  out.single("process_resident_memory_bytes", kGauge, "Resident memory.", process.resident_bytes);
  out.single("process_virtual_memory_bytes", kGauge, "Virtual memory.", process.virtual_bytes);
  out.single("process_heap_bytes", kGauge,
             "Allocated and not freed, with what the allocator keeps for its threads.", process.heap_bytes);
  out.single("process_threads", kGauge, "Threads.", process.threads);
  out.single("process_cpu_seconds_total", kCounter, "User and system time.", process.cpu_seconds);
  out.single("process_start_time_seconds", kGauge, "Unix time of the start.", process.start_time_seconds);
}

}  // namespace

std::string render_metrics(const MetricsSnapshot& now) {
  Exposition out;
  const std::array<Leg, 2> legs{{{"direct", now.direct}, {"control_plane", now.control_plane}}};
  render_requests(out, legs);
  render_by_leg(out, legs, "wye_connections", kGauge, "Client connections open.", &LegTotals::connections);
  render_by_leg(out, legs, "wye_event_streams", kGauge, "Event streams open.", &LegTotals::streams);
  render_by_leg(out, legs, "wye_websockets", kGauge, "WebSockets open.", &LegTotals::sockets);
  render_sessions(out, now);
  render_limits(out, now);
  render_events(out, now);
  render_exports(out, now);
  render_process(out, now.process);
  return out.text();
}

}  // namespace wye::control
