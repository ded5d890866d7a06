#include "base/metrics.h"
#include "control/api/api_server_impl.h"
#include "metro/ask_agents.h"

// `GET /metrics`: where its numbers come from.
namespace wye::control {

namespace {

constexpr auto kAskAgentsAgain = std::chrono::seconds(1);  // scrapes in between get the numbers of before

using metro::Reason;

}  // namespace

// What is counted on this thread; the rest is added by a worker.
MetricsSnapshot ApiServer::Impl::snapshot() {
  MetricsSnapshot now;
  now.agents = agent_tally.totals();
  const auto server_totals = server.totals();
  auto& leg = now.control_plane;
  leg += forwarder.counters();
  leg.connections = server_totals.connections;
  leg.refused_connections = server_totals.refused_connections;
  leg.starved_accepts = server_totals.starved_accepts;
  auto& bad = leg.answered[static_cast<std::size_t>(Reason::bad_request)];
  bad[static_cast<std::size_t>(metro::Outcome::client_error)] += server_totals.bad_requests;
  bad[static_cast<std::size_t>(metro::Outcome::server_error)] += server_totals.bad_versions;
  now.creates_undone = creates_undone;
  now.creates_running = creates.running();
  now.creates_waiting = creates.waiting();
  now.hits_create_queue = creates.refused();
  now.hits_create_wait = creates.expired();
  for (const auto* queue : {&records, &agents, &tests}) {
    now.hits_workers += queue->refused() + queue->expired();
    now.requests_at_workers += queue->running() + queue->waiting();
  }
  now.requests_at_workers += creates.running();
  now.hits_bodies = bodies.refused();
  now.body_bytes_held = bodies.held();
  return now;
}

void ApiServer::Impl::complete(MetricsSnapshot& now) {
  if (options.direct_leg) now.direct = options.direct_leg();
  now.process = process_stats();
  const auto& happened = sessions.counters();
  now.sessions_creating = sessions.admission().being_made();
  now.sessions_live = directory.count(metro::SessionState::live);
  now.sessions_ending = directory.count(metro::SessionState::ending);
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
  if (options.archive) {
    const auto kept = options.archive();
    now.archive_bytes = static_cast<std::uint64_t>(kept.bytes);
    now.archive_sessions = static_cast<std::uint64_t>(kept.sessions);
    now.archives_expired_by_age = kept.expired_by_age;
    now.archives_expired_by_size = kept.expired_by_size;
    now.archive_events_removed = kept.events_removed;
  }
  const auto& reads = browsers.archive_reads();
  now.archive_reads_gone = reads.gone.value();
  now.archive_reads_live = reads.live.value();
  now.archive_events_read = reads.events.value();
  now.exports = &exporter.counters();
  now.exports_failing = exporter.failing();
}

// Agents are asked only when somebody wants to know, and not more often than once a second.
net::Task<> ApiServer::Impl::ask_agents() {
  const auto now = std::chrono::steady_clock::now();
  if (now - kAskAgentsAgain < agents_asked) co_return;
  agents_asked = now;
  auto answers = co_await metro::ask_agents(io, directory, "/counters");
  std::vector<AgentTally::Said> round;
  for (auto& one : answers) round.push_back({std::move(one.session_id), std::move(one.body)});
  agent_tally.add(round);
}

net::Task<> ApiServer::Impl::metrics(net::Exchange& exchange) {
  co_await ask_agents();
  std::function<Result<net::Response>()> render = [this,
                                                   now = snapshot()]() mutable -> Result<net::Response> {
    complete(now);
    net::Response response;
    response.headers.add("Content-Type", std::string(Exposition::kContentType));
    response.body = render_metrics(now);
    return response;
  };
  auto response = co_await scraper.run(std::move(render));
  if (!response) co_return co_await answer(exchange, response.error());
  co_await answer(exchange, std::move(*response));
}

}  // namespace wye::control
