// `load`: runs the scenarios of docs/reliability.md at their full size against a real `wye serve` and prints
// what each costs. Exits 1 when one did not hold. usage: WYE_BIN=… load [--idle N] [--idle-control N]
// [--subscribers N] [--at-once N] [--browsers N]
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "../../tests/flow/live/serve_process.h"
#include "../../tests/flow/live/wire_tap.h"
#include "process_use.h"
#include "scenarios.h"
#include "series.h"
#include "wye/client.h"

namespace wye::bench {
namespace {

struct Sizes {
  // The control plane may use an eighth of the descriptors, of which a process may have 20,000 on many
  // machines.
  int idle = 10'000, idle_control = 1'500, subscribers = 1'000, at_once = 500, browsers = 50;
};

class LoadProgram {
 public:
  explicit LoadProgram(const Sizes& sizes) : sizes_(sizes), server_(options()), client_(client_options()) {}

  bool run() {
    std::printf("load: a server with %zu MB, %lld open files\n",
                static_cast<std::size_t>(pss_bytes(server_.pid()) / 1'000'000),
                static_cast<long long>(open_files(server_.pid())));
    idle();
    fan_out();
    at_once();
    slow();
    churn();
    std::printf("load: %s\n", held_ ? "everything held" : "NOT everything held");
    return held_;
  }

 private:
  live::ServeProcess::Options options() {
    live::ServeProcess::Options options;
    options.metro_listen = "127.0.0.1:" + std::to_string(metro_port_);
    return options;
  }
  ClientOptions client_options() {
    ClientOptions options;
    options.api_key = server_.api_key();
    options.base_url = server_.base_url();
    return options;
  }
  [[nodiscard]] load::Server server() const {
    return {server_.port(), metro_port_, server_.api_key(), server_.pid()};
  }
  struct Made {
    std::string id;
    load::VmAddress vm;
  };
  Made create() {
    const auto browser =
        client_.browsers()
            .create({.headless = true, .timeout_seconds = 600, .telemetry = {.enabled = true}})
            .value();
    return {browser.session_id, load::vm_address(*browser.base_url, browser.cdp_ws_url)};
  }
  void end(const std::string& id) { hold(client_.browsers().remove(id).has_value(), "a browser is deleted"); }
  void hold(bool holds, const char* what) {
    if (!holds) std::printf("load:   DOES NOT HOLD: %s\n", what);
    held_ = held_ && holds;
    std::fflush(stdout);
  }

  void idle() {
    for (const auto port : {server_.port(), metro_port_}) {
      const int count = port == metro_port_ ? sizes_.idle : sizes_.idle_control;
      const auto result = load::hold_idle_connections(server(), port, count);
      std::printf(
          "load: %d idle connections to the %s: %lld kept, %.1f KiB each (kernel %.1f KiB, both ends), "
          "health %s meanwhile\n",
          count, port == metro_port_ ? "metro" : "control plane", static_cast<long long>(result.kept),
          result.bytes_each / 1024, result.kernel_bytes_each / 1024, result.healthy ? "read" : "NOT READ");
      hold(result.kept == count && result.turned_away == 0, "every connection stays");
      hold(result.healthy, "health stays readable");
      hold(result.left_open == 0, "no descriptor is left");
    }
  }
  void fan_out() {
    const auto browser = create();
    const auto result = load::fan_out(browser.vm, sizes_.subscribers, 100, 1'000);
    std::printf(
        "load: %d subscribers, 1000 events at 100/s: %lld events in %.1f s, p50 %.1f ms, p99 %.1f ms behind, "
        "%lld missing\n",
        sizes_.subscribers, static_cast<long long>(result.events), result.seconds, median(result.behind_ms),
        percentile(result.behind_ms, 0.99), static_cast<long long>(result.missing));
    hold(result.complete == sizes_.subscribers, "every subscriber sees every event");
    hold(result.disordered == 0, "in order, once");
    end(browser.id);
  }
  void at_once() {
    constexpr int kRounds = 20;
    const auto browser = create();
    const auto result = load::ask_at_once(browser.vm, sizes_.at_once, kRounds);
    std::printf(
        "load: %d direct requests at once, %d times: %lld answered, %lld told to wait, p50 %.1f ms, p99 %.1f "
        "ms\n",
        sizes_.at_once, kRounds, static_cast<long long>(result.good),
        static_cast<long long>(result.overloaded), median(result.ms), percentile(result.ms, 0.99));
    hold(result.bad == 0, result.first_bad.c_str());
    end(browser.id);
  }
  void slow() {
    const auto browser = create();
    const auto result = load::beside_slow_clients(server(), browser.vm, 200, 200, 200);
    std::printf(
        "load: 200 slow readers and 200 slow writers: %.1f KiB each, a quick request p99 %.1f ms alone, %.1f "
        "ms "
        "beside them\n",
        result.bytes_each / 1024, percentile(result.alone.ms, 0.99), percentile(result.beside.ms, 0.99));
    hold(result.beside.bad == 0, result.beside.first_bad.c_str());
    hold(result.bytes_each < 256 * 1024, "a slow client holds less than 256 KiB");
    hold(result.readers == 200 && result.writers == 200, "no slow client is thrown out");
    end(browser.id);
  }
  void churn() {
    std::vector<std::string> ids;
    for (int i = 0; i < sizes_.browsers; ++i) {
      ids.push_back(create().id);
      std::fprintf(stderr, "\rload: %d of %d browsers", i + 1, sizes_.browsers);
    }
    std::fprintf(stderr, "\r%40s\r", "");
    const auto result = load::churn_metadata(server(), ids, 2 * sizes_.browsers, 100);
    std::printf(
        "load: %d browsers, %d clients that read, list and update: %.0f requests/s, p50 %.1f ms, p99 %.1f "
        "ms, %lld "
        "told to wait, %lld updates lost\n",
        sizes_.browsers, 2 * sizes_.browsers, static_cast<double>(result.outcome.good) / result.seconds,
        median(result.outcome.ms), percentile(result.outcome.ms, 0.99),
        static_cast<long long>(result.outcome.overloaded), static_cast<long long>(result.lost_updates));
    hold(result.outcome.bad == 0, result.outcome.first_bad.c_str());
    hold(result.lost_updates == 0, "no update is lost");
    for (const auto& id : ids) end(id);
  }

  const Sizes sizes_;
  const std::uint16_t metro_port_ = live::WireTap::free_port();
  live::ServeProcess server_;
  const Client client_;
  bool held_ = true;
};

int run(int argc, char** argv) {
  Sizes sizes;
  const std::map<std::string, int*> known{{"--idle", &sizes.idle},
                                          {"--idle-control", &sizes.idle_control},
                                          {"--subscribers", &sizes.subscribers},
                                          {"--at-once", &sizes.at_once},
                                          {"--browsers", &sizes.browsers}};
  for (int i = 1; i + 1 < argc; i += 2) {
    const auto found = known.find(argv[i]);
    const int value = std::atoi(argv[i + 1]);
    if (found == known.end() || value < 1 || value > 30'000) {
      std::fprintf(
          stderr,
          "usage: load [--idle N] [--idle-control N] [--subscribers N] [--at-once N] [--browsers N]\n");
      return 2;
    }
    *found->second = value;
  }
  return LoadProgram(sizes).run() ? 0 : 1;
}

}  // namespace
}  // namespace wye::bench

int main(int argc, char** argv) { return wye::bench::run(argc, argv); }
