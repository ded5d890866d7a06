// Measures the delay from an event's `ts` (set when the agent numbers it) to a subscriber behind the metro,
// at a steady rate, with a rising number of subscribers of one session; and the CPU of each process. usage:
// WYE_BIN=… fanout_bench [seconds a run = 5]
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "../../tests/flow/live/serve_process.h"
#include "event_load.h"
#include "process_use.h"
#include "series.h"
#include "wye/client.h"

namespace wye::bench {
namespace {

constexpr int kSampled = 20;  // subscribers whose every event is timed

struct Case {
  int subscribers;
  double per_second;
};

bool run_case(const live::ServeProcess& server, const Client& client, const Case& one, double seconds) {
  const auto browser = client.browsers().create({.telemetry = {.enabled = true}}).value();
  const auto vm = load::vm_address(*browser.base_url, browser.cdp_ws_url);
  const pid_t agent = live::find_agent(server, browser.session_id);
  load::Loop loop;
  std::vector<double> behind;
  std::vector<std::unique_ptr<load::Subscriber>> subscribers;
  for (int i = 0; i < one.subscribers; ++i)
    subscribers.push_back(std::make_unique<load::Subscriber>(loop, vm, i < kSampled ? &behind : nullptr));
  const auto all = [&](auto&& holds) {
    for (const auto& subscriber : subscribers)
      if (!holds(*subscriber)) return false;
    return true;
  };
  if (!loop.run_until([&] { return all([](auto& s) { return s.status() == 200; }); },
                      load::Clock::now() + std::chrono::seconds(30))) {
    std::fprintf(stderr, "the subscribers are not connected\n");
    return false;
  }
  const auto count = static_cast<std::int64_t>(one.per_second * seconds);
  const double agent_before = cpu_seconds(agent), server_before = cpu_seconds(server.pid());
  const double own_before = cpu_seconds(::getpid());
  const auto begin = load::Clock::now();
  load::EventSource source(vm, one.per_second, count);
  const auto whole = [&](auto& s) { return s.seen().events() + s.seen().missing() >= count; };
  const bool complete = loop.run_until([&] { return all(whole); },
                                       begin + std::chrono::seconds(static_cast<long>(seconds * 6 + 30)));
  const double took = std::chrono::duration<double>(load::Clock::now() - begin).count();
  const auto taken = source.finish();
  std::int64_t events = 0, missing = 0;
  for (const auto& subscriber : subscribers) {
    events += subscriber->seen().events();
    missing += subscriber->seen().missing();
  }
  std::printf(
      "telemetry: %4d subscribers, %5.0f events/s: p50 %6.2f ms   p99 %6.2f ms   max %6.2f ms   %8.0f "
      "frames/s"
      "   missing %lld%s\n",
      one.subscribers, static_cast<double>(taken) / took, median(behind), percentile(behind, 0.99),
      percentile(behind, 1), static_cast<double>(events) / took, static_cast<long long>(missing),
      complete ? "" : "   NOT COMPLETE");
  std::printf(
      "telemetry:      CPU: agent %3.0f %%   server %3.0f %%   this client %3.0f %%   (of one core)\n",
      100 * (cpu_seconds(agent) - agent_before) / took,
      100 * (cpu_seconds(server.pid()) - server_before) / took,
      100 * (cpu_seconds(::getpid()) - own_before) / took);
  std::fflush(stdout);
  return client.browsers().remove(browser.session_id).has_value() && complete;
}

int run(double seconds) {
  live::ServeProcess server({});
  ClientOptions options;
  options.api_key = server.api_key();
  options.base_url = server.base_url();
  const Client client(options);
  bool good = true;
  for (const Case& one :
       {Case{1, 1000}, Case{10, 100}, Case{10, 1000}, Case{100, 1000}, Case{1000, 100}, Case{1000, 1000}})
    good = run_case(server, client, one, seconds) && good;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace wye::bench

int main(int argc, char** argv) { return wye::bench::run(argc > 1 ? std::atof(argv[1]) : 5); }
