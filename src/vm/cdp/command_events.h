#pragma once

#include <chrono>
#include <string_view>

#include "net/ws_inflate.h"
#include "vm/telemetry/collector/budget.h"
#include "vm/telemetry/telemetry_hub.h"

namespace wye::vm {

/// Makes `cdp_command` of clients' messages, within a budget of the session. One thread.
class CommandEvents {
 public:
  /// The budget of records: a burst, then a rate.
  static constexpr double kBurst = 8 << 20, kPerSecond = 2 << 20;

  explicit CommandEvents(TelemetryHub& hub);

  /// What a client has sent, or its beginning (`cut`).
  struct Message {
    std::string_view bytes;
    bool compressed = false, cut = false;
  };
  enum class Outcome {
    told,
    excluded,  ///< Of a method that is not to be captured.
    lost,      ///< Over the budget, no room for events, or cut before its method.
    none,      ///< No command of the table, or capturing is off.
  };
  /// At most 64 KiB of the message are read.
  Outcome take(const Message& message, std::string_view connection,
               std::chrono::steady_clock::time_point now);

  [[nodiscard]] bool is_on() const { return hub_.commands().has_value(); }
  /// Counts what was lost before.
  void count_lost(std::int64_t messages) { hub_.count_dropped(messages); }

 private:
  TelemetryHub& hub_;
  net::WsInflater inflater_;
  Budget budget_{kBurst, kPerSecond};
};

}  // namespace wye::vm
