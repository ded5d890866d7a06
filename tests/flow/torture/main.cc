// `torture`: rounds of work and blows on the real platform, each from a seed, with the invariants of
// docs/reliability.md checked after every one. See README.md here.
#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "jail.h"
#include "play_round.h"

namespace wye::torture {
namespace {

constexpr int kSkipped = 77;
constexpr unsigned kRoundEndsWithinS = 400;

struct Options {
  std::uint64_t seed = 1;
  int first = 0, rounds = 10;
  Load load = Load::mixed;
  bool verbose = false, only_plan = false, database = false;
};

int usage() {
  std::fprintf(stderr,
               "usage: torture [--seed N] [--rounds N] [--first N | --round N] [--load mixed|telemetry] "
               "[--database sqlite|postgres] [--verbose]\n");
  return 2;
}

bool read_options(int argc, char** argv, Options& out) {
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--verbose") {
      out.verbose = true;
      continue;
    }
    if (name == "--plan") {
      out.only_plan = true;
      continue;
    }
    if (i + 1 == argc) return false;
    const std::string value = argv[++i];
    const auto number = [&](auto& target) {
      return std::from_chars(value.data(), value.data() + value.size(), target).ec == std::errc();
    };
    if (name == "--database" && (value == "sqlite" || value == "postgres"))
      out.database = value == "postgres";
    else if (name == "--load" && (value == "mixed" || value == "telemetry"))
      out.load = value == "mixed" ? Load::mixed : Load::telemetry;
    else if (name == "--round" && number(out.first))
      out.rounds = 1;
    else if (!(name == "--seed" && number(out.seed)) && !(name == "--rounds" && number(out.rounds)) &&
             !(name == "--first" && number(out.first)))
      return false;
  }
  return true;
}

// A round that hangs is a finding too.
void hang(int) {
  const char text[] = "the round does not end\n";
  [[maybe_unused]] const auto wrote = ::write(STDERR_FILENO, text, sizeof text - 1);
  ::_exit(1);
}

bool run_round(World& world, Leftovers& leftovers, const Round& round, bool verbose) {
  const auto outcome = play_round(world, round, &leftovers);
  if (verbose || !outcome.violations.empty()) {
    std::printf("%s", text_of(round).c_str());
    for (const auto& what : outcome.dealt) std::printf("    %s\n", what.c_str());
  }
  for (const auto& what : outcome.violations) std::printf("VIOLATED %s\n", what.c_str());
  std::fflush(stdout);
  return outcome.violations.empty();
}

int torture(const Options& options, const std::string& work_dir) {
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  ::setenv("WYE_BIN", (here / "shifted_wye").c_str(), 1);
  ::signal(SIGALRM, hang);
  ::signal(SIGPIPE, SIG_IGN);
  World world({.work_dir = work_dir, .agent = here / "shifted_wye-vm", .database = options.database});
  Leftovers leftovers(world);
  const auto begin = std::chrono::steady_clock::now();
  int done = 0;
  bool good = true;
  for (int number = options.first; good && done < options.rounds; ++number, ++done) {
    ::alarm(kRoundEndsWithinS);
    std::fprintf(stderr, "\rround %d ", number);
    good = run_round(world, leftovers, plan_round(options.seed, number, options.load, options.database),
                     options.verbose);
    ::alarm(0);
    if (good) continue;
    std::printf("\nto play it again: SEED=%llu ROUND=%d%s%s make torture\n\nthe server said at last:\n",
                static_cast<unsigned long long>(options.seed), number,
                options.load == Load::telemetry ? " LOAD=telemetry" : "",
                options.database ? " DATABASE=postgres" : "");
    const auto said = world.server_output();
    std::printf("%s\n", said.substr(said.size() - std::min<std::size_t>(said.size(), 8000)).c_str());
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("\n%d rounds from %d of seed %llu, %s load, in %.0f s: %s\n%s", done, options.first,
              static_cast<unsigned long long>(options.seed),
              options.load == Load::mixed ? "mixed" : "telemetry", seconds,
              good ? "every invariant held" : "FAILED", world.summary().c_str());
  std::fflush(stdout);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace wye::torture

int main(int argc, char** argv) {
  using namespace wye::torture;
  Options options;
  if (!read_options(argc, argv, options)) return usage();
  if (options.only_plan) {
    for (int i = 0; i < options.rounds; ++i)
      std::printf(
          "%s", text_of(plan_round(options.seed, options.first + i, options.load, options.database)).c_str());
    return 0;
  }
  if (::geteuid() != 0) {
    std::fprintf(stderr, "torture: needs root, for namespaces and a disk of its own\n");
    return kSkipped;
  }
  const int code = run_jailed([&](const std::string& work_dir) {
    try {
      return torture(options, work_dir);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "torture: %s\n", error.what());
      return 1;
    }
  });
  return code < 0 ? 1 : code;
}
