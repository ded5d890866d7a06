#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <set>

#include "base/clock.h"
#include "base/try.h"
#include "cli/command.h"
#include "cli/demo_page.h"
#include "cli/output.h"
#include "cli/private_server.h"

namespace wye::cli {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point began) {
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

// Prints a step as one line: what was done, over which leg, in how much time.
void step(const char* what, const std::string& leg, double ms, const std::string& note = {}) {
  const bool direct = leg.starts_with("direct");
  const auto shown = leg.empty() ? std::string(40, ' ')
                                 : (direct ? green(leg) : yellow(leg)) +
                                       std::string(leg.size() < 40 ? 40 - leg.size() : 1, ' ');
  std::printf("  %-34s %s %8.1f ms  %s\n", what, shown.c_str(), ms, dim(note).c_str());
  std::fflush(stdout);
}

// What the steps of the story share.
struct Story {
  const Client& client;
  const Client& stranger;  ///< Another program, which deletes the browser without the client's knowledge.
  std::string page;
  std::string session_id;
};

Error failed(std::string message) {
  return {.kind = ErrorKind::internal, .code = "demo_failed", .message = std::move(message)};
}

Result<void> create_browser(Story& story) {
  const auto began = Clock::now();
  WYE_TRY(const auto browser,
          story.client.browsers().create({.headless = true, .name = "demo", .telemetry = {.enabled = true}}));
  story.session_id = browser.session_id;
  step("create a browser", "control plane", ms_since(began),
       browser.session_id + ", Chromium in a VM of its own");
  return {};
}

Result<void> load_page(const Story& story) {
  const auto began = Clock::now();
  WYE_TRY(const auto loaded,
          story.client.request({.method = "POST",
                                .path = "/browsers/demo/curl",
                                .headers = {{"Content-Type", "application/json"}},
                                .body = boost::json::serialize(boost::json::object{{"url", story.page}})}));
  if (loaded.status != 200)
    return failed("curl answered " + std::to_string(loaded.status) + ": " + loaded.body);
  step("load a page through it", describe(loaded.route), ms_since(began), "Chromium's own cookies and TLS");
  return {};
}

Result<void> watch_live(const Story& story) {
  auto began = Clock::now();
  WYE_TRY(auto stream, story.client.telemetry().stream(story.session_id));
  step("open its live telemetry", describe(stream.route()), ms_since(began));
  began = Clock::now();
  WYE_CHECK(story.client.browsers().curl(story.session_id, {.url = story.page}));
  const auto called_ms = ms_since(began);
  const SystemClock wall;
  for (;;) {
    WYE_TRY(const auto event, stream.next());
    if (!event) return failed("the stream ended before its event");
    if (event->event.type != "api_call") continue;
    const double behind = static_cast<double>(wall.unix_micros() - event->event.ts) / 1000;
    step("the call as a live event", describe(stream.route()), behind,
         "seq " + std::to_string(event->seq) + ", after a call of " +
             std::to_string(static_cast<int>(called_ms)) + " ms");
    return {};
  }
}

struct Past {
  std::set<std::int64_t> seen;
  RouteInfo route;
  double ms = 0;
};

Result<Past> read_past(const Story& story) {
  const auto began = Clock::now();
  Past past;
  auto events = story.client.telemetry().events(story.session_id, {.limit = 100, .offset = 1});
  for (auto& item : events) {
    if (!item.result()) return item.result().error();
    past.seen.insert(item.value().seq);
    past.route = item.route();
  }
  past.ms = ms_since(began);
  return past;
}

// Another program deletes the browser, and the same read continues from the archive.
Result<void> lose_it_and_read_on(const Story& story) {
  WYE_TRY(const auto before, read_past(story));
  const auto count = std::to_string(before.seen.size());
  step("read its past events", describe(before.route), before.ms, count + " events");

  const auto began = Clock::now();
  WYE_CHECK(story.stranger.browsers().remove("demo"));
  step("another program deletes it", "control plane", ms_since(began),
       "we are not told; our route is stale now");

  for (const auto* what : {"the same read again", "and once more"}) {
    WYE_TRY(const auto after, read_past(story));
    for (const auto seq : before.seen)
      if (after.seen.count(seq) == 0) return failed("event " + std::to_string(seq) + " was lost");
    step(what, describe(after.route), after.ms,
         std::to_string(after.seen.size()) + " events from the archive, the " + count + " above among them");
  }
  return {};
}

Result<void> tell(const Client& client, const Client& stranger, std::uint16_t page_port) {
  Story story{.client = client,
              .stranger = stranger,
              .page = "http://host.wye.internal:" + std::to_string(page_port) + "/",
              .session_id = {}};
  WYE_CHECK(create_browser(story));
  WYE_CHECK(load_page(story));
  WYE_CHECK(watch_live(story));
  return lose_it_and_read_on(story);
}

int demo(const Arguments&) {
  std::printf(
      "%s\n\n",
      bold("Wye: straight to the browser's VM, and back to the control plane when it is gone.").c_str());
  const DemoPage page;
  const auto began = Clock::now();
  const auto server = PrivateServer::start();
  if (!server) return fail(server.error());
  step("start a private server", "", ms_since(began), (*server)->base_url());
  const Client client({.api_key = (*server)->api_key(), .base_url = (*server)->base_url()});
  const Client stranger({.api_key = (*server)->api_key(), .base_url = (*server)->base_url()});
  if (const auto told = tell(client, stranger, page.port()); !told) {
    (void)stranger.browsers().remove("demo");  // browsers outlive their server
    return fail(told.error());
  }
  std::printf(
      "\nThe VM said 404 %s, so the read was sent once to the control plane, with the API key that no VM "
      "ever sees.\n"
      "\nNow yours:\n\n"
      "  %s\n"
      "  export KERNEL_API_KEY=…                          # what the first start shows\n"
      "  wye browsers create --name mine --telemetry      # cdp_ws_url goes into Playwright's "
      "connectOverCDP\n"
      "  wye telemetry stream mine\n\n"
      "In C++: examples/first_program.cc. In Node: the official SDK with KERNEL_BASE_URL set.\n",
      yellow("browser_gone").c_str(), bold("wye serve --data-dir data &").c_str());
  return 0;
}

}  // namespace

std::vector<Command> demo_commands() {
  return {{.name = "demo",
           .summary = "the whole story on a real Chromium, in a few seconds",
           .details = "Starts a private server and a page of its own, creates a browser, talks straight to "
                      "its VM, lets another program delete\n"
                      "it, and shows the one fallback. Leaves nothing behind.\n\n"
                      "  wye demo\n",
           .run = demo}};
}

}  // namespace wye::cli
