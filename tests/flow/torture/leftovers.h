#pragma once

#include <set>
#include <string>
#include <vector>

#include "world.h"

namespace wye::torture {

/// Finds the remains of sessions when none lives: processes, mounts, sockets, directories, cgroups, uid
/// locks, and the server's open files and watches. Empty = nothing remains.
class Leftovers {
 public:
  /// Construct it before the first session.
  explicit Leftovers(const World& world);
  [[nodiscard]] std::vector<std::string> find(const World& world);

 private:
  void check_server(const World& world, std::vector<std::string>& out);
  std::set<std::string> mounts_;
  pid_t server_ = 0;  // the server of the two counts
  int files_ = 0, threads_ = 0;
};

}  // namespace wye::torture
