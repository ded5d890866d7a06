#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "vm/telemetry/collector/budget.h"
#include "vm/telemetry/collector/deadlines.h"
#include "vm/telemetry/collector/target.h"
#include "vm/telemetry/telemetry_hub.h"

namespace wye::vm {

/// Takes the events of the collector's parts and puts them into the hub, within the category's budget. Counts
/// what does not fit, and reports it a second later.
class EventSink {
 public:
  EventSink(TelemetryHub& hub, const Clock& clock, Deadlines& deadlines);

  [[nodiscard]] bool wants(std::string_view category) const { return hub_.wants(category); }
  /// Tells whether the category is on and has budget left; if it has none, counts one dropped event. Called
  /// before an event is parsed that only this category needs.
  [[nodiscard]] bool admits(std::string_view category);
  /// `cdp_event` is DevTools' name of the observed event; `data` is a JSON object.
  void emit(std::string_view type, std::string_view category, std::string_view cdp_event,
            const Target& target, std::string_view data);
  /// Emits a report about the collector itself.
  void emit_monitor(std::string_view type, std::string_view data);
  /// Counts a lost event of the category; `reason` is `rate`, `overload` or `unreadable`.
  void drop(std::string_view category, std::string_view reason);
  /// Reports what was dropped since the last report.
  void tell_drops();

  [[nodiscard]] Deadlines::Time now() const { return clock_.steady(); }
  [[nodiscard]] double wall_ms() const { return static_cast<double>(clock_.unix_micros()) / 1000; }
  [[nodiscard]] Deadlines& deadlines() { return deadlines_; }

 private:
  struct Loss {
    std::string category, reason;
    auto operator<=>(const Loss&) const = default;
  };
  TelemetryHub& hub_;
  const Clock& clock_;
  Deadlines& deadlines_;
  std::map<std::string, Budget, std::less<>> budgets_;
  std::map<Loss, std::int64_t> dropped_;
};

}  // namespace wye::vm
