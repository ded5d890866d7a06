#pragma once

#include <string>
#include <vector>

namespace wye::torture {

/// Cgroups are the one thing that a namespace does not take with it: the jail has its servers' `wye` group on
/// directories of its own, which the process outside removes.
class JailCgroups {
 public:
  /// Outside: makes them, and removes what a jail left that was killed together with its outside.
  JailCgroups();
  /// Outside, after the jail has ended.
  void remove() const;
  /// Inside: puts them where servers make theirs.
  void enter() const;
  /// Inside: the groups that there are.
  [[nodiscard]] static std::vector<std::string> groups();

 private:
  std::string name_;
};

}  // namespace wye::torture
