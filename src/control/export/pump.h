#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "control/export/event_mapping.h"
#include "control/export/export_counters.h"
#include "control/export/otlp_client.h"

namespace wye::control {

struct ExportLimits {
  std::size_t records = 512;      ///< Of one request.
  std::size_t bytes = 1u << 20;   ///< Of their kept texts; the last one may pass it.
  std::chrono::hours oldest{24};  ///< An older event is not sent any more.
  std::chrono::milliseconds first_pause{1000}, longest_pause{60'000};  ///< Between attempts; doubled.
};

/// A destination's way as the API shows it; since the server's start.
struct ExportProgress {
  std::uint64_t sent = 0, dropped = 0;
  std::int64_t last_sent_at = 0;  ///< µs; 0 = never.
  std::string last_error;         ///< "" when the last attempt went well.
};

/// Moves one destination's telemetry out of the archive: the archive is the queue, so nothing waits in
/// memory; what is kept of a request that has to be sent again is from where to where it went. `turn` is for
/// one thread at a time.
class Pump {
 public:
  Pump(std::string destination, Store& store, bool private_allowed, const Clock& clock, Random& random,
       const Log& log, ExportCounters& counters, ExportLimits limits = {});

  /// Sends one request of each signal. When to come again; nothing when all there is was sent, or the
  /// destination is no more.
  std::optional<std::chrono::milliseconds> turn(const std::stop_token& stop);
  /// Ends a pause: the destination was changed.
  void hurry();
  [[nodiscard]] ExportProgress progress() const;

 private:
  struct Part {  // of a session
    std::string session;
    std::int64_t after = 0, to = 0;
    bool ends = false;  // with the session's own span
  };
  struct Batch {
    std::vector<Part> parts;
    std::vector<otlp::ResourceSignals> signals;
    std::int64_t expired = 0, unreadable = 0;
    std::size_t records = 0, bytes = 0;
  };
  Result<std::vector<Part>> choose();
  Result<Batch> gather(const std::vector<Part>& parts);
  Result<bool> gather_part(Part part, Batch& batch);
  /// False when it is to be sent again.
  bool deliver(const Destination& destination, const Batch& batch, otlp::Signal signal, bool& done,
               const std::stop_token& stop);
  void note_failure(const Destination& destination, const otlp::Delivery& delivery);
  void note_success(const Destination& destination);
  std::chrono::milliseconds pause(std::optional<std::chrono::milliseconds> asked);

  const std::string id_;
  Store& store_;
  const Clock& clock_;
  Random& random_;
  const Log& log_;
  ExportCounters& counters_;
  const ExportLimits limits_;
  otlp::OtlpClient client_;
  otlp::SpanStarts starts_;
  std::string last_session_;  // whose turn it was: the next ones follow
  std::vector<Part> again_;   // what is under way
  bool logs_done_ = false, traces_done_ = false;
  int failures_ = 0;
  mutable std::mutex mutex_;  // of what follows
  std::chrono::steady_clock::time_point not_before_ = std::chrono::steady_clock::time_point::min();
  ExportProgress progress_;
};

}  // namespace wye::control
