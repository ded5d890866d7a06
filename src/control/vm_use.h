#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "metro/session_directory.h"

namespace wye::control {

/// What an agent says about spawned processes. It is hostile: numbers beyond reason are nothing.
struct VmUseSaid {
  bool runs = false;                                      ///< One at least.
  std::optional<std::chrono::milliseconds> ended_before;  ///< The last one's end.
};
[[nodiscard]] VmUseSaid read_vm_use(const std::string& counters);

/// Asks VMs whether spawned processes hold their sessions, before these expire (vm-api §6). One thread at a
/// time; it blocks for half a second at most.
///
/// A session is held by its agent's word for as long as the agent says so, as it would be by a process that
/// runs for ever. An agent that does not answer holds it for `kSilentAtMost`.
class VmUse {
 public:
  static constexpr std::chrono::seconds kSilentAtMost{60};

  /// Both must outlive it.
  VmUse(metro::SessionDirectory& directory, const Clock& clock) : directory_(directory), clock_(clock) {}

  /// Restarts the idle timers of sessions that a process holds or has held until then, and returns those
  /// that may expire as far as their VM knows.
  std::set<std::string> ask(std::vector<metro::SessionDirectory::Live> idle);
  /// Whether some were spared because their agents are silent: they are to be asked again.
  [[nodiscard]] bool waits_for_silent() const { return !silent_since_.empty(); }

 private:
  void take(const std::string& id, const VmUseSaid& said);
  [[nodiscard]] bool silent_for_long(const std::string& id);

  metro::SessionDirectory& directory_;
  const Clock& clock_;
  std::map<std::string, std::chrono::steady_clock::time_point> silent_since_;  // of those asked last
};

}  // namespace wye::control
