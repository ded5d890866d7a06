#include "play_round.h"

#include <chrono>
#include <memory>
#include <thread>

#include "blows.h"
#include "round_checks.h"
#include "workload.h"

namespace wye::torture {

Outcome play_round(World& world, const Round& round, Leftovers* leftovers,
                   const std::set<std::string>& kept) {
  Ledger ledger;
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::unique_ptr<Workload>> work;
  for (std::size_t i = 0; i < round.browsers.size(); ++i)
    work.push_back(std::make_unique<Workload>(world, ledger, round, static_cast<int>(i), start));
  Blows blows(world, ledger, round, start);
  std::this_thread::sleep_until(start + std::chrono::milliseconds(round.work_ms));
  blows.finish();
  for (auto& one : work) one->stop();
  if (round.restart_after) {
    world.kill_server();
    world.start_server();
  }
  RoundChecks checks(world, ledger);
  for (std::size_t i = 0; i < work.size(); ++i) {
    const auto id = ledger.id_of(static_cast<int>(i));
    if (!id.empty()) checks.check_browser(id, *work[i], blows.hurt().count(static_cast<int>(i)) != 0);
  }
  for (const auto& id : ledger.ids()) checks.check_records(id);
  work.clear();
  checks.end_all(kept);
  if (leftovers != nullptr) checks.check_nothing_left(*leftovers);
  return {blows.dealt(), ledger.violations()};
}

}  // namespace wye::torture
