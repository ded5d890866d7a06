// Measures a routing decision with a full cache of routes.
#include <benchmark/benchmark.h>

#include <random>

#include "routing/decide.h"

namespace wye::routing {
namespace {

std::string session(int number) {
  std::string id = "session0000000000" + std::to_string(1'000'000 + number);
  return id;
}

class Routes {
 public:
  explicit Routes(int count) : cache_(clock_) {
    for (int i = 0; i < count; ++i)
      cache_.learn({session(i), "http://127.0.0.1:7712/browser/kernel", "a.jwt.of" + std::to_string(i), 0},
                   "", cache_.begin());
  }
  RouteCache& cache() { return cache_; }

 private:
  SystemClock clock_;
  RouteCache cache_;
};

// Asks for the sessions in a random order, so that neither cache lines nor the order of use help.
std::vector<SplitUrl> requests(int count, const char* tail) {
  std::vector<SplitUrl> out;
  std::minstd_rand random(1);
  for (int i = 0; i < 4096; ++i)
    out.push_back(
        split_url("http://127.0.0.1:7711/browsers/" + session(static_cast<int>(random()) % count) + tail)
            .value());
  return out;
}

void decide_direct(benchmark::State& state) {
  const auto count = static_cast<int>(state.range(0));
  Routes routes(count);
  const auto base = parse_base_url("http://127.0.0.1:7711").value();
  const auto allow = AllowList::usual();
  const auto urls = requests(count, "/telemetry/events");
  std::size_t at = 0;
  for (auto _ : state) {
    auto decision = decide(base, urls[at++ % urls.size()], allow, routes.cache());
    if (decision.via != Via::direct) state.SkipWithError("a route was not found");
    benchmark::DoNotOptimize(decision);
  }
}
BENCHMARK(decide_direct)->Arg(1)->Arg(100)->Arg(10'000);

void decide_not_listed(benchmark::State& state) {
  Routes routes(10'000);
  const auto base = parse_base_url("http://127.0.0.1:7711").value();
  const auto allow = AllowList::usual();
  const auto urls = requests(10'000, "/replays/3");
  std::size_t at = 0;
  for (auto _ : state) {
    auto decision = decide(base, urls[at++ % urls.size()], allow, routes.cache());
    benchmark::DoNotOptimize(decision);
  }
}
BENCHMARK(decide_not_listed);

}  // namespace
}  // namespace wye::routing

BENCHMARK_MAIN();
