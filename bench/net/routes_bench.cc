// Measures how long it takes to find the handler of a request, in a table as large as an agent's.
#include <benchmark/benchmark.h>

#include "net/route_table.h"

namespace wye::net {
namespace {

RouteTable table() {
  RouteTable out;
  for (const std::string folder : {"telemetry", "process", "fs", "computer", "recording", "logs", "repl"})
    for (const std::string name : {"/events", "/stream", "/{}/status", "/{}/stdin", "/list", "/start",
                                   "/stop", "/watch/{}/events", "/{}"})
      out.add("GET", "/" + folder + name, RouteTable::Head::by_get);
  return out;
}

void find(benchmark::State& state, const char* path, RouteTable::Outcome outcome) {
  const auto routes = table();
  for (auto _ : state) {
    auto found = routes.find("GET", path);
    if (found.outcome != outcome) state.SkipWithError("another route was found");
    benchmark::DoNotOptimize(found);
  }
}
void find_literal(benchmark::State& state) { find(state, "/telemetry/events", RouteTable::Outcome::found); }
void find_parameter(benchmark::State& state) {
  find(state, "/process/q7m2xk4t9v1b8n3c6z5d0wya/stdin", RouteTable::Outcome::found);
}
void find_nothing(benchmark::State& state) { find(state, "/json/version", RouteTable::Outcome::no_path); }
BENCHMARK(find_literal);
BENCHMARK(find_parameter);
BENCHMARK(find_nothing);

}  // namespace
}  // namespace wye::net

BENCHMARK_MAIN();
