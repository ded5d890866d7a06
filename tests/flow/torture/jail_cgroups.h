#pragma once

#include <string>
#include <vector>

namespace wye::torture {

/// Keeps the jail's cgroups apart: they are the one resource that does not end with a namespace. The jail
/// puts its servers' `wye` group on its own directories, which the process outside removes.
class JailCgroups {
 public:
  /// For outside: makes them, and removes those of a jail that was killed together with its outside process.
  JailCgroups();
  /// For outside, after the jail has ended.
  void remove() const;
  /// For inside: puts them where servers make theirs.
  void enter() const;
  /// For inside: returns the present groups.
  [[nodiscard]] static std::vector<std::string> groups();

 private:
  std::string name_;
};

}  // namespace wye::torture
