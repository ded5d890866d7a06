// Measures how late the live stream is: makes direct calls to a real browser and notes when their `api_call`
// events reach a subscriber. usage: WYE_BIN=… latency_bench [calls = 500]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <iostream>
#include <string>
#include <vector>

#include "../../tests/flow/live/serve_process.h"
#include "child.h"
#include "net/socket_address.h"
#include "series.h"
#include "tiny_upstream.h"
#include "wye/client.h"

namespace wye::bench {
namespace {

using Clock = std::chrono::steady_clock;

int run(int calls) {
  const auto site = net::open_tcp_listener("127.0.0.1", 0, false).value();
  const Child site_process(
      [&] { run_tiny_upstream(site.fd.get(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"); });
  live::ServeProcess server({});
  ClientOptions options;
  options.api_key = server.api_key();
  options.base_url = server.base_url();
  const Client client(options);
  const auto browser = client.browsers().create({.telemetry = {.enabled = true}}).value();
  auto stream = client.telemetry().stream(browser.session_id).value();

  auto arrivals = std::async(std::launch::async, [&] {
    std::vector<Clock::time_point> seen;
    while (static_cast<int>(seen.size()) < calls) {
      const auto event = stream.next();
      if (!event || !*event) break;
      if ((*event)->event.type == "api_call") seen.push_back(Clock::now());
    }
    return seen;
  });
  const CurlRequest request{.url = "http://host.wye.internal:" + std::to_string(site.port) + "/"};
  std::vector<Clock::time_point> ends;
  std::vector<double> durations;
  for (int i = 0; i < calls; ++i) {
    const auto begin = Clock::now();
    if (const auto got = client.browsers().curl(browser.session_id, request); !got || got->status != 200) {
      std::cerr << "a call failed\n";
      return 1;
    }
    ends.push_back(Clock::now());
    durations.push_back(std::chrono::duration<double, std::milli>(ends.back() - begin).count());
  }
  const auto seen = arrivals.get();
  (void)client.browsers().remove(browser.session_id);
  if (seen.size() != ends.size()) {
    std::cerr << "events are missing\n";
    return 1;
  }
  std::vector<double> behind;
  for (std::size_t i = 0; i < seen.size(); ++i)
    behind.push_back(std::chrono::duration<double, std::milli>(seen[i] - ends[i]).count());
  std::printf(
      "telemetry: api_call at the subscriber after the call's end: p50 %.2f ms   p99 %.2f ms   max %.2f ms   "
      "(%d calls)\n",
      median(behind), percentile(behind, 0.99), percentile(behind, 1), calls);
  std::printf(
      "telemetry: the calls themselves (curl through Chromium to a page on this machine): p50 %.2f ms   p99 "
      "%.2f ms\n",
      median(durations), percentile(durations, 0.99));
  return 0;
}

}  // namespace
}  // namespace wye::bench

int main(int argc, char** argv) { return wye::bench::run(argc > 1 ? std::atoi(argv[1]) : 500); }
