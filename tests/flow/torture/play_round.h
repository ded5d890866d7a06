#pragma once

#include <set>
#include <string>
#include <vector>

#include "leftovers.h"
#include "schedule.h"
#include "world.h"

namespace wye::torture {

struct Outcome {
  std::vector<std::string> dealt;       ///< What was hit, in order.
  std::vector<std::string> violations;  ///< Empty = every invariant held.
};

/// Plays a round and checks the invariants. `kept` are other rounds' sessions, which live on. Without
/// `leftovers` it does not look for remains.
Outcome play_round(World& world, const Round& round, Leftovers* leftovers,
                   const std::set<std::string>& kept = {});

}  // namespace wye::torture
