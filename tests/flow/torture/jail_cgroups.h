#pragma once

#include <string>
#include <vector>

namespace wye::torture {

/// Cgroups are the one thing that does not end with a namespace. The jail puts its servers' `wye` group on
/// directories of its own, which the process outside removes.
class JailCgroups {
 public:
  /// Outside: makes them, and removes those of a jail that was killed together with its outside process.
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
