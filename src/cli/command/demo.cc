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

// One line a step: what was done, which leg it took, how long.
void step(const char* what, const std::string& leg, double ms, const std::string& note = {}) {
  const bool direct = leg.starts_with("direct");
  const auto shown = leg.empty() ? std::string(40, ' ')
                                 : (direct ? green(leg) : yellow(leg)) +
                                       std::string(leg.size() < 40 ? 40 - leg.size() : 1, ' ');
  std::printf("  %-34s %s %8.1f ms  %s\n", what, shown.c_str(), ms, dim(note).c_str());
  std::fflush(stdout);
}

Result<void> tell(const Client& client, const Client& stranger, std::uint16_t page_port) {
  const auto page = "http://host.wye.internal:" + std::to_string(page_port) + "/";
  auto began = Clock::now();
  WYE_TRY(const auto browser,
          client.browsers().create({.headless = true, .name = "demo", .telemetry = {.enabled = true}}));
  step("create a browser", "control plane", ms_since(began),
       browser.session_id + ", Chromium in a VM of its own");

  began = Clock::now();
  WYE_TRY(const auto first,
          client.request({.method = "POST",
                          .path = "/browsers/demo/curl",
                          .headers = {{"Content-Type", "application/json"}},
                          .body = boost::json::serialize(boost::json::object{{"url", page}})}));
  if (first.status != 200)
    return Error{.kind = ErrorKind::internal,
                 .code = "demo_failed",
                 .message = "curl answered " + std::to_string(first.status) + ": " + first.body};
  step("load a page through it", describe(first.route), ms_since(began), "Chromium's own cookies and TLS");

  began = Clock::now();
  WYE_TRY(auto stream, client.telemetry().stream(browser.session_id));
  step("open its live telemetry", describe(stream.route()), ms_since(began));
  began = Clock::now();
  WYE_TRY(const auto second, client.browsers().curl(browser.session_id, {.url = page}));
  const auto called_ms = ms_since(began);
  const SystemClock wall;
  for (;;) {
    WYE_TRY(const auto event, stream.next());
    if (!event)
      return Error{
          .kind = ErrorKind::internal, .code = "demo_failed", .message = "the stream ended before its event"};
    if (event->event.type != "api_call") continue;
    const double behind = static_cast<double>(wall.unix_micros() - event->event.ts) / 1000;
    step("the call as a live event", describe(stream.route()), behind,
         "seq " + std::to_string(event->seq) + ", after a call of " +
             std::to_string(static_cast<int>(called_ms)) + " ms");
    break;
  }

  std::set<std::int64_t> seen;
  began = Clock::now();
  auto before = client.telemetry().events(browser.session_id, {.limit = 100, .offset = 1});
  RouteInfo route;
  for (auto& item : before) {
    if (!item.result()) return item.result().error();
    seen.insert(item.value().seq);
    route = item.route();
  }
  step("read its past events", describe(route), ms_since(began), std::to_string(seen.size()) + " events");

  began = Clock::now();
  WYE_CHECK(stranger.browsers().remove("demo"));
  step("another program deletes it", "control plane", ms_since(began),
       "we are not told; our route is stale now");

  const auto known = seen.size();
  for (const auto* what : {"the same read again", "and once more"}) {
    began = Clock::now();
    std::set<std::int64_t> again;
    auto after = client.telemetry().events(browser.session_id, {.limit = 100, .offset = 1});
    for (auto& item : after) {
      if (!item.result()) return item.result().error();
      again.insert(item.value().seq);
      route = item.route();
    }
    for (const auto seq : seen)
      if (again.count(seq) == 0)
        return Error{.kind = ErrorKind::internal,
                     .code = "demo_failed",
                     .message = "event " + std::to_string(seq) + " was lost"};
    step(what, describe(route), ms_since(began),
         std::to_string(again.size()) + " events from the archive, the " + std::to_string(known) +
             " above among them");
  }
  return {};
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
