#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <thread>
#include <vector>

#include "ledger.h"
#include "schedule.h"
#include "world.h"

namespace wye::torture {

/// Deals a round's blows at their times, and takes back what can be: what was stopped goes on, the server is
/// started again, the disk is freed.
class Blows {
 public:
  using Start = std::chrono::steady_clock::time_point;
  Blows(World& world, Ledger& ledger, const Round& round, Start start);
  /// Waits for the last one; then nothing is stopped, full or down.
  void finish();
  /// Browsers whose Chromium was hit.
  [[nodiscard]] const std::set<int>& hurt() const { return hurt_; }
  /// What was hit, in words, in order.
  [[nodiscard]] const std::vector<std::string>& dealt() const { return dealt_; }

 private:
  using Time = std::chrono::steady_clock::time_point;
  void run();
  void deal(const PlannedBlow& blow);
  void strike(const PlannedBlow& blow);
  void kill(const PlannedBlow& blow, pid_t pid);
  void stop(const PlannedBlow& blow, pid_t pid);
  void kill_agent(const PlannedBlow& blow, pid_t pid);
  void down_server(const PlannedBlow& blow);
  void break_launch(const PlannedBlow& blow);
  void shift(const PlannedBlow& blow, pid_t pid);
  void strike_database(const PlannedBlow& blow);
  void later(const PlannedBlow& blow, std::function<void()> undo);
  void note(const PlannedBlow& blow, const std::string& what);
  pid_t victim(const PlannedBlow& blow) const;

  World& world_;
  Ledger& ledger_;
  const Round round_;
  const Start start_;
  std::multimap<Time, std::function<void()>> agenda_;
  std::set<int> hurt_;
  std::vector<std::string> dealt_;
  std::vector<std::thread> beside_;  // creates begun for a launcher's death; watchers of an agent's
  std::thread thread_;               // last: it uses the rest
};

}  // namespace wye::torture
