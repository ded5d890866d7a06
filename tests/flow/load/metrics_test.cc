#include <signal.h>

#include "load_fixture.h"

// Each metric changes when its event happens, on a real server with a real browser.
namespace wye::live {
namespace {

class LiveMetrics : public LoadTest {};

TEST_F(LiveMetrics, are_for_who_has_the_key_only) {
  serve();
  EXPECT_EQ(api("GET", "/metrics", "", "").status, 401);
  EXPECT_EQ(api("GET", "/metrics", "", "sk_wrong").status, 401);
  EXPECT_EQ(api("POST", "/metrics").status, 405);
  const auto now = scrape();
  EXPECT_EQ(now.value(requests("control_plane", "unauthorized", "4xx")), 2);
  EXPECT_GT(now.value("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(now.value("process_open_fds"), 10);
  EXPECT_EQ(now.value("wye_sessions{state=\"live\"}"), 0);
}

TEST_F(LiveMetrics, follow_a_browser_through_its_life) {
  serve({.extra_args = {"--max-sessions", "1"}});
  const auto browser = create();
  auto now = scrape();
  EXPECT_EQ(now.value("wye_sessions{state=\"live\"}"), 1);
  EXPECT_EQ(now.value("wye_creates_total{outcome=\"live\"}"), 1);

  EXPECT_EQ(api("POST", "/browsers", "{}").status, 429);
  EXPECT_EQ(scrape().value("wye_limit_hits_total{limit=\"sessions\"}"), 1);
  EXPECT_EQ(scrape().value(requests("control_plane", "overloaded", "4xx")), 1);

  const auto before = scrape().value(requests("direct", "agent", "2xx"));
  EXPECT_EQ(direct(browser, "GET", "telemetry").status, 200);
  EXPECT_EQ(scrape().value(requests("direct", "agent", "2xx")), before + 1);
  EXPECT_EQ(api("GET", "/browsers/" + browser.id + "/telemetry/events").status, 200);
  EXPECT_EQ(scrape().value(requests("control_plane", "agent", "2xx")), 1);

  load::Subscriber subscriber(loop_, browser.vm, nullptr);
  ASSERT_TRUE(loop_.run_until([&] { return subscriber.status() == 200; },
                              load::Clock::now() + std::chrono::seconds(20)));
  EXPECT_EQ(scrape().value("wye_event_streams{leg=\"direct\"}"), 1);
  EXPECT_GE(scrape().value("wye_connections{leg=\"direct\"}"), 1);
  make_events(browser, 5);
  await_metric("wye_agent_events_total{what=\"made\"}", 5);
  await_metric("wye_agent_events_total{what=\"sent\"}", 5);
  await_metric("wye_events_archived_total", 5);
  EXPECT_EQ(scrape().value("wye_archive_lag_bytes"), 0);
  EXPECT_EQ(scrape().value("wye_agents_asked_total{result=\"unbelievable\"}"), 0);

  ASSERT_EQ(::kill(find_chromium(find_agent(*server_, browser.id)), SIGKILL), 0);
  await_metric("wye_chromium_restarts_total", 1);

  EXPECT_EQ(api("DELETE", "/browsers/" + browser.id).status, 204);
  EXPECT_EQ(scrape().value("wye_sessions_ended_total{cause=\"deleted\"}"), 1);
  EXPECT_EQ(scrape().value("wye_sessions{state=\"live\"}"), 0);
  ASSERT_TRUE(
      loop_.run_until([&] { return subscriber.ended(); }, load::Clock::now() + std::chrono::seconds(20)));
  EXPECT_EQ(scrape().value("wye_event_streams{leg=\"direct\"}"), 0);

  // A client's fallback, as a server sees it: gone on the direct leg, then the archive at the control plane.
  EXPECT_EQ(direct(browser, "GET", "telemetry/events?offset=1").status, 404);
  EXPECT_EQ(scrape().value(requests("direct", "browser_gone", "4xx")), 1);
  EXPECT_EQ(api("GET", "/browsers/" + browser.id + "/telemetry/events?offset=1").status, 200);
  now = scrape();
  EXPECT_EQ(now.value("wye_archive_reads_total{session=\"gone\"}"), 1);
  EXPECT_GE(now.value("wye_archive_events_read_total"), 5);
  EXPECT_EQ(now.value(requests("control_plane", "archive", "2xx")), 1);
  EXPECT_GE(now.value("wye_agent_events_total{what=\"made\"}"), 5)
      << "counts of ended agents stay in the sum";
}

TEST_F(LiveMetrics, tell_of_a_vm_that_died_and_of_lag_while_the_agent_is_silent) {
  serve();
  const auto browser = create();
  const auto agent = find_agent(*server_, browser.id);
  ASSERT_EQ(::kill(agent, SIGSTOP), 0);
  await_metric("wye_agents_asked_total{result=\"silent\"}", 1);
  expect_healthy();
  ASSERT_EQ(::kill(agent, SIGKILL), 0);
  await_metric("wye_sessions_ended_total{cause=\"vm_died\"}", 1);
}

}  // namespace
}  // namespace wye::live
