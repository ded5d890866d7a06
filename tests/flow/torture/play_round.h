#pragma once

#include <set>
#include <string>
#include <vector>

#include "leftovers.h"
#include "schedule.h"
#include "world.h"

namespace wye::torture {

struct Outcome {
  std::vector<std::string> dealt;       ///< The blows dealt, in order.
  std::vector<std::string> violations;  ///< Empty = every invariant held.
};

/// Plays a round and checks the invariants. `kept` are the sessions of other rounds, which live on. Without
/// `leftovers` it does not look for remains.
Outcome play_round(World& world, const Round& round, Leftovers* leftovers,
                   const std::set<std::string>& kept = {});

}  // namespace wye::torture
