#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace wye::control {

/// The sums of what the agents of all sessions, also of those that are gone, have reported so far.
struct AgentTotals {
  std::uint64_t events = 0;   ///< Events made.
  std::uint64_t dropped = 0;  ///< Events not kept, since the spool was full.
  std::uint64_t sent = 0;     ///< Frames sent to subscribers.
  std::uint64_t lost = 0;     ///< Frames that left the ring before a slow subscriber got them.
  std::uint64_t chromium_restarts = 0;
  std::uint64_t answered = 0, silent = 0, unbelievable = 0;  ///< Agents that were asked.
};

/// Adds up what agents report. They are hostile: a number that falls or jumps beyond reason is not believed,
/// so that none can spoil the sum for good. What an agent did after it was last asked is not known.
class AgentTally {
 public:
  /// More than a thousand agents could do in the time between two scrapes.
  static constexpr std::uint64_t kBelievable = 1'000'000'000;

  struct Said {
    std::string session_id;
    std::optional<std::string> text;  ///< Nothing when the agent was silent.
  };
  /// Adds one round of questions; sessions that are not in it are forgotten.
  void add(const std::vector<Said>& round);
  [[nodiscard]] const AgentTotals& totals() const { return totals_; }

 private:
  struct Numbers {
    std::uint64_t events = 0, dropped = 0, sent = 0, lost = 0, chromium_restarts = 0;
  };
  static std::optional<Numbers> read(const std::string& text);
  bool count(const Numbers& before, const Numbers& now);

  AgentTotals totals_;
  std::map<std::string, Numbers> last_;
};

}  // namespace wye::control
