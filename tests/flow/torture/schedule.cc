#include "schedule.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "chance.h"

namespace wye::torture {
namespace {

struct Row {
  Blow blow;
  const char* name;
  int weight;            // in a mixed round
  int telemetry_weight;  // in a round under telemetry load
};

constexpr std::array kRows{
    Row{Blow::kill_chromium, "kill_chromium", 8, 10},
    Row{Blow::kill_renderer, "kill_renderer", 5, 2},
    Row{Blow::kill_zygote, "kill_zygote", 4, 2},
    Row{Blow::kill_gpu, "kill_gpu", 4, 0},
    Row{Blow::kill_utility, "kill_utility", 4, 0},
    Row{Blow::stop_chromium, "stop_chromium", 4, 0},
    Row{Blow::stop_renderer, "stop_renderer", 2, 0},
    Row{Blow::stop_gpu, "stop_gpu", 2, 0},
    Row{Blow::kill_agent, "kill_agent", 12, 10},
    Row{Blow::stop_agent, "stop_agent", 6, 0},
    Row{Blow::kill_network_helper, "kill_network_helper", 6, 0},
    Row{Blow::stop_network_helper, "stop_network_helper", 2, 0},
    Row{Blow::kill_outer, "kill_outer", 4, 0},
    Row{Blow::kill_server, "kill_server", 14, 10},
    Row{Blow::end_server, "end_server", 4, 2},
    Row{Blow::stop_server, "stop_server", 4, 0},
    Row{Blow::kill_relay, "kill_relay", 6, 0},
    Row{Blow::stop_relay, "stop_relay", 6, 0},
    Row{Blow::kill_launcher, "kill_launcher", 5, 0},
    Row{Blow::kill_launcher_and_server, "kill_launcher_and_server", 3, 0},
    Row{Blow::fill_disk, "fill_disk", 8, 0},
    Row{Blow::shift_server_clock, "shift_server_clock", 3, 0},
    Row{Blow::shift_agent_clock, "shift_agent_clock", 4, 0},
    Row{Blow::kill_database, "kill_database", 0, 0},
    Row{Blow::stop_database, "stop_database", 0, 0},
};

Blow choose(Chance& chance, Load load) {
  const auto weight = [&](const Row& row) { return load == Load::mixed ? row.weight : row.telemetry_weight; };
  int sum = 0;
  for (const auto& row : kRows) sum += weight(row);
  int left = chance.between(1, sum);
  for (const auto& row : kRows)
    if ((left -= weight(row)) <= 0) return row.blow;
  return Blow::kill_agent;
}

PlannedBlow plan_blow(Chance& chance, Load load, int work_ms, int browsers) {
  static const std::vector<int> kShifts{-1,   1,     -30,    30,      -3600,
                                        3600, 86400, -86400, 1728000, -1728000};  // up to 20 days
  PlannedBlow out;
  out.at_ms = chance.between(50, work_ms);
  out.blow = choose(chance, load);
  out.browser = chance.between(0, browsers - 1);
  out.for_ms = chance.in(70) ? chance.between(0, 150) : chance.between(150, 900);
  out.which = chance.between(0, 40);
  out.shift_s = chance.one_of(kShifts);
  return out;
}

void add_database_blows(Round& round) {
  Chance chance(round.seed ^ 0xdbdb, static_cast<std::uint64_t>(round.number));
  for (int i = chance.between(0, 2); i > 0; --i)
    round.blows.push_back({.at_ms = chance.between(50, round.work_ms),
                           .blow = chance.in(60) ? Blow::kill_database : Blow::stop_database,
                           .for_ms = chance.between(0, 1500)});
}

}  // namespace

const char* name_of(Blow blow) {
  for (const auto& row : kRows)
    if (row.blow == blow) return row.name;
  return "?";
}

bool hurts_chromium(Blow blow) { return blow <= Blow::kill_utility; }

Round plan_round(std::uint64_t seed, int number, Load load, bool database) {
  Chance chance(seed, static_cast<std::uint64_t>(number));
  Round round{.seed = seed, .number = number};
  round.work_ms = chance.between(600, 2200);
  round.restart_after = chance.in(25);
  for (int i = chance.between(1, 3); i > 0; --i) {
    PlannedBrowser browser;
    browser.create_at_ms = chance.in(60) ? 0 : chance.between(0, round.work_ms / 3);
    browser.posters = load == Load::telemetry ? chance.between(2, 4) : chance.between(1, 2);
    browser.post_every_ms = load == Load::telemetry ? 0 : chance.between(0, 20);
    browser.payload_bytes = chance.in(80) ? chance.between(10, 800) : chance.between(800, 60'000);
    browser.resumes = chance.in(50);
    if (chance.in(40)) browser.delete_at_ms = chance.between(round.work_ms / 3, round.work_ms);
    round.browsers.push_back(browser);
  }
  const int browsers = static_cast<int>(round.browsers.size());
  for (int i = chance.between(1, 3); i > 0; --i) {
    round.blows.push_back(plan_blow(chance, load, round.work_ms, browsers));
    if (chance.in(25)) {  // two at once
      auto second = plan_blow(chance, load, round.work_ms, browsers);
      second.at_ms = round.blows.back().at_ms + chance.between(0, 3);
      round.blows.push_back(second);
    }
  }
  if (database) add_database_blows(round);
  std::stable_sort(round.blows.begin(), round.blows.end(),
                   [](const PlannedBlow& a, const PlannedBlow& b) { return a.at_ms < b.at_ms; });
  return round;
}

std::string text_of(const Round& round) {
  std::string out = "seed " + std::to_string(round.seed) + " round " + std::to_string(round.number) +
                    ": works " + std::to_string(round.work_ms) + " ms" +
                    (round.restart_after ? ", then the server restarts" : "") + "\n";
  char line[256];
  for (std::size_t i = 0; i < round.browsers.size(); ++i) {
    const auto& browser = round.browsers[i];
    std::snprintf(line, sizeof line,
                  "  browser %zu: created at %d ms, %d posters every %d ms, %d bytes%s, deleted %s\n", i,
                  browser.create_at_ms, browser.posters, browser.post_every_ms, browser.payload_bytes,
                  browser.resumes ? ", stream resumes" : "",
                  browser.delete_at_ms < 0 ? "at the end"
                                           : ("at " + std::to_string(browser.delete_at_ms) + " ms").c_str());
    out += line;
  }
  for (const auto& blow : round.blows) {
    std::snprintf(line, sizeof line, "  %5d ms: %s, browser %d, for %d ms, which %d, shift %d s\n",
                  blow.at_ms, name_of(blow.blow), blow.browser, blow.for_ms, blow.which, blow.shift_s);
    out += line;
  }
  return out;
}

}  // namespace wye::torture
