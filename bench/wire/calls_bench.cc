// Measures the metro's cost of recognizing a call, which it pays once for each request: its row is found and
// read, for calls of each kind.
#include <benchmark/benchmark.h>

#include "metro/call_policy.h"

namespace wye::metro {
namespace {

void policy_of(benchmark::State& state, const char* method, const char* tail) {
  const std::string asked(tail);
  for (auto _ : state) {
    auto policy = api_policy(method, asked);
    benchmark::DoNotOptimize(policy);
  }
}
BENCHMARK_CAPTURE(policy_of, telemetry_events, "GET", "telemetry/events");
BENCHMARK_CAPTURE(policy_of, click_mouse, "POST", "computer/click_mouse");
BENCHMARK_CAPTURE(policy_of, the_last_of_the_longest_group, "POST", "fs/upload_zstd");
BENCHMARK_CAPTURE(policy_of, a_wildcard, "GET", "process/0c4f4e0a-1a52-4b6b-9d55-6f0f5a4f2d11/stdout/stream");
BENCHMARK_CAPTURE(policy_of, none, "GET", "fs/nothing_of_the_kind");

}  // namespace
}  // namespace wye::metro

BENCHMARK_MAIN();
