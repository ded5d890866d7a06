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

/// Deals a round's blows at their times, and undoes those that can be undone: stopped processes continue, the
/// server is started again, the disk is freed.
class Blows {
 public:
  using Start = std::chrono::steady_clock::time_point;
  Blows(World& world, Ledger& ledger, const Round& round, Start start);
  /// Waits for the last blow; afterwards nothing is stopped, full or down.
  void finish();
  /// The browsers whose Chromium was hit.
  [[nodiscard]] const std::set<int>& hurt() const { return hurt_; }
  /// The blows dealt, in words, in order.
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
  std::vector<std::thread>
      beside_;          // creates begun for the death of a launcher; watchers for that of an agent
  std::thread thread_;  // last, since it uses the rest
};

}  // namespace wye::torture
