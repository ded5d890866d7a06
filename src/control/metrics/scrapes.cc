#include "control/metrics/scrapes.h"

#include "base/metrics.h"
#include "control/api/api_routes.h"
#include "metro/ask_agents.h"
#include "wire/agent_paths.h"

namespace wye::control {
namespace {

constexpr auto kAskAgentsAgain = std::chrono::seconds(1);  // scrapes in between get the earlier numbers

}  // namespace

void Scrapes::add_routes(ApiRoutes& api) {
  api.add_task("GET", "/metrics",
               [this](net::Exchange&, const net::PathParameters&, const ApiCaller&) { return scrape(); });
}

// Takes what is counted on the event loop; the scraper's thread adds the rest.
MetricsSnapshot Scrapes::snapshot() const {
  MetricsSnapshot now;
  now.agents = agents_.totals();
  const auto api = sources_.api.totals();
  now.control_plane = api.leg;
  now.control_plane += sources_.passage.counters();
  now.creates_undone = sources_.creates.undone();
  now.creates_running = api.creates_running;
  now.creates_waiting = api.creates_waiting;
  now.hits_create_queue = api.creates_refused;
  now.hits_create_wait = api.creates_expired;
  now.hits_workers = api.workers_refused;
  now.requests_at_workers = api.requests_at_workers;
  now.hits_bodies = api.bodies_refused;
  now.body_bytes_held = api.body_bytes_held;
  return now;
}

void Scrapes::complete(MetricsSnapshot& now) const {
  if (sources_.direct_leg) now.direct = sources_.direct_leg();
  now.process = process_stats();
  auto& sessions = sources_.sessions;
  const auto& happened = sessions.counters();
  now.sessions_creating = sessions.admission().being_made();
  now.sessions_live = sources_.directory.count(metro::SessionState::live);
  now.sessions_ending = sources_.directory.count(metro::SessionState::ending);
  now.ended_deleted = happened.deleted.value();
  now.ended_timed_out = happened.timed_out.value();
  now.ended_vm_died = happened.vm_died.value();
  now.creates_live = happened.created.value();
  now.creates_failed = happened.failed.value();
  now.hits_sessions = sessions.admission().refused().value();
  now.events_archived = sessions.archiver().archived();
  now.events_without_room = sessions.archiver().dropped();
  const auto lag = sessions.archiver().lag();
  now.archive_lag_bytes = lag.bytes;
  now.archive_lag_seconds = lag.seconds;
  if (sources_.archive) {
    const auto kept = sources_.archive();
    now.archive_bytes = static_cast<std::uint64_t>(kept.bytes);
    now.archive_sessions = static_cast<std::uint64_t>(kept.sessions);
    now.archives_expired_by_age = kept.expired_by_age;
    now.archives_expired_by_size = kept.expired_by_size;
    now.archive_events_removed = kept.events_removed;
  }
  const auto& reads = sources_.browsers.archive_reads();
  now.archive_reads_gone = reads.gone.value();
  now.archive_reads_live = reads.live.value();
  now.archive_events_read = reads.events.value();
  now.exports = &sources_.exporter.counters();
  now.exports_failing = sources_.exporter.failing();
}

// Agents are asked only when somebody wants to know, and not more often than once a second.
net::Task<> Scrapes::ask_agents() {
  const auto now = std::chrono::steady_clock::now();
  if (now - kAskAgentsAgain < agents_asked_) co_return;
  agents_asked_ = now;
  auto answers = co_await metro::ask_agents(io_, sources_.directory.live(), wire::kAgentCounters);
  std::vector<AgentTally::Said> round;
  for (auto& one : answers) round.push_back({std::move(one.session_id), std::move(one.body)});
  agents_.add(round);
}

net::Task<Result<net::Response>> Scrapes::scrape() {
  co_await ask_agents();
  std::function<Result<net::Response>()> render = [this,
                                                   now = snapshot()]() mutable -> Result<net::Response> {
    complete(now);
    net::Response response;
    response.headers.add("Content-Type", std::string(Exposition::kContentType));
    response.body = render_metrics(now);
    return response;
  };
  co_return co_await scraper_.run(std::move(render));
}

}  // namespace wye::control
