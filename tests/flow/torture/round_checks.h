#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ledger.h"
#include "leftovers.h"
#include "workload.h"
#include "world.h"

namespace wye::torture {

/// Checks the invariants after a round's work, when nothing is stopped, full or down. Violations go into the
/// ledger.
class RoundChecks {
 public:
  RoundChecks(World& world, Ledger& ledger) : world_(world), ledger_(ledger), client_(world.client()) {}

  /// Checks that live sessions are usable and ended ones are not alive; `hurt`: whether its Chromium was hit.
  void check_browser(const std::string& id, const Workload& work, bool hurt);
  /// Checks that every record that a client was told of is there once.
  void check_records(const std::string& id);
  /// Ends all live sessions but the kept ones, including unreported ones; then checks that the archives are
  /// whole.
  void end_all(const std::set<std::string>& kept);
  void check_nothing_left(Leftovers& leftovers);

 private:
  bool lives(const std::string& id);
  std::optional<std::set<std::string>> list_all();
  void check_usable(const std::string& id);
  void check_devtools(const std::string& id, const std::string& url, const Workload& work, bool hurt);

  World& world_;
  Ledger& ledger_;
  Client client_;
};

}  // namespace wye::torture
