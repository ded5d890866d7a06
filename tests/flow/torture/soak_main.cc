// `soak`: makes and ends browsers, then runs a mixed load, for hours. It samples and plots the memory and
// files of the server and of one long-lived agent, which must not grow. See README.md here.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "jail.h"
#include "play_round.h"
#include "sampler.h"
#include "soak_report.h"
#include "workload.h"

namespace wye::torture {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Options {
  std::uint64_t seed = 1;
  int cycles = 500;
  double minutes = 60;
  // The load has a fixed pace: one that is as fast as the machine would change with whatever else runs there,
  // and so would the memory.
  double every_s = 5;
  std::string csv = "soak.csv", svg = "soak.svg";
  std::string from;  ///< Samples of an earlier run, for another report.
};

class Soak {
 public:
  Soak(World& world, const Options& options) : world_(world), options_(options), client_(world.client()) {
    const auto made = client_.browsers().create({.timeout_seconds = 259'200, .telemetry = {.enabled = true}});
    if (!made) throw std::runtime_error("no browser: " + made.error().message);
    long_lived_ = made->session_id;
  }

  bool run() {
    sample(0);
    for (int i = 1; good_ && i <= options_.cycles; ++i) {
      cycle(i);
      if (i % std::max(1, options_.cycles / 100) == 0) sample(i);
    }
    const auto end =
        SteadyClock::now() + std::chrono::milliseconds(static_cast<std::int64_t>(options_.minutes * 60'000));
    const auto every = std::chrono::milliseconds(static_cast<std::int64_t>(options_.every_s * 1000));
    auto next = SteadyClock::now();
    for (int i = 0; good_ && SteadyClock::now() < end; ++i) {
      std::this_thread::sleep_until(next);
      // A machine that was too slow for the pace does not catch up later: that would be another load.
      next = std::max(next, SteadyClock::now() - every) + every;
      auto round = plan_round(options_.seed, i, Load::mixed);
      round.blows.clear();
      round.restart_after = false;
      fail_with(play_round(world_, round, nullptr, {long_lived_}).violations);
      touch_long_lived();
      sample(0);
      std::fprintf(stderr, "\rround %d ", i);
    }
    fail_with(report_soak(samples_, options_.seed, options_.svg));
    std::printf("%s", world_.summary().c_str());
    return good_;
  }

 private:
  void sample(int cycle) {
    const double at = std::chrono::duration<double>(SteadyClock::now() - begin_).count();
    samples_.push_back(take_sample(world_, long_lived_, heap_kb(), at, cycle));
    write_csv(options_.csv, samples_);
  }
  double heap_kb() {
    constexpr std::string_view kName = "\nprocess_heap_bytes ";
    const auto answer = client_.request({.method = "GET", .path = "/metrics"});
    const auto at = answer ? answer->body.find(kName) : std::string::npos;
    if (at == std::string::npos) fail_with({"the server's metrics say nothing of its heap"});
    return at == std::string::npos ? 0 : std::atof(answer->body.c_str() + at + kName.size()) / 1024;
  }
  void fail_with(const std::vector<std::string>& violations) {
    for (const auto& what : violations) std::printf("VIOLATED %s\n", what.c_str());
    good_ = good_ && violations.empty();
  }
  bool post(const std::string& id) {
    const auto answer = client_.request({.method = "POST",
                                         .path = "/browsers/" + id + "/telemetry/events",
                                         .headers = {{"Content-Type", "application/json"}},
                                         .body = R"({"type":"soaked","category":"control","data":{}})"});
    return answer && answer->status == 200;
  }
  void touch_long_lived() {
    for (int i = 0; i < 20; ++i)
      if (!post(long_lived_)) fail_with({"the browser that lives all the time takes no event"});
  }
  void cycle(int number) {
    std::fprintf(stderr, "\rcycle %d ", number);
    const auto made = client_.browsers().create({.timeout_seconds = 600, .telemetry = {.enabled = true}});
    if (!made) return fail_with({"no browser: " + made.error().message});
    for (int i = 0; i < 5; ++i)
      if (!post(made->session_id)) fail_with({"an event is refused"});
    if (number % 10 == 0) {
      const auto page = client_.browsers().curl(made->session_id, {.url = World::loopback_page()});
      if (!page) fail_with({"curl: " + page.error().message});
    }
    if (const auto done = client_.browsers().remove(made->session_id); !done)
      fail_with({"no delete: " + done.error().message});
    touch_long_lived();
  }

  World& world_;
  const Options options_;
  Client client_;
  std::string long_lived_;
  const SteadyClock::time_point begin_ = SteadyClock::now();
  std::vector<Sample> samples_;
  bool good_ = true;
};

bool read_options(int argc, char** argv, Options& out) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--cycles")
      out.cycles = std::atoi(value.c_str());
    else if (name == "--minutes")
      out.minutes = std::atof(value.c_str());
    else if (name == "--every")
      out.every_s = std::max(0.1, std::atof(value.c_str()));
    else if (name == "--seed")
      out.seed = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "--from")
      out.from = value;
    else if (name == "--csv")
      out.csv = std::filesystem::absolute(value);
    else if (name == "--svg")
      out.svg = std::filesystem::absolute(value);
    else
      return false;
  }
  return argc % 2 == 1;
}

int look_again(const Options& options) {
  const auto samples = read_csv(options.from);
  if (!samples) {
    std::fprintf(stderr, "soak: %s has no samples of this soak\n", options.from.c_str());
    return 2;
  }
  const auto violations = report_soak(*samples, options.seed, options.svg);
  for (const auto& what : violations) std::printf("VIOLATED %s\n", what.c_str());
  return violations.empty() ? 0 : 1;
}

}  // namespace
}  // namespace wye::torture

int main(int argc, char** argv) {
  using namespace wye::torture;
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: soak [--cycles N] [--minutes M] [--every SECONDS] [--seed S] [--csv FILE] [--svg "
                 "FILE]\n       soak --from CSV [--svg FILE]   an earlier run, perhaps one that was broken "
                 "off, judged and drawn again\n");
    return 2;
  }
  if (!options.from.empty()) return look_again(options);
  if (::geteuid() != 0) {
    std::fprintf(stderr, "soak: needs root, for namespaces and a disk of its own\n");
    return 77;
  }
  const int code = run_jailed([&](const std::string& work_dir) {
    try {
      const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
      ::setenv("WYE_BIN", (here / "shifted_wye").c_str(), 1);
      World world({.work_dir = work_dir, .agent = here / "shifted_wye-vm"});
      return Soak(world, options).run() ? 0 : 1;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "soak: %s\n", error.what());
      return 1;
    }
  });
  return code < 0 ? 1 : code;
}
