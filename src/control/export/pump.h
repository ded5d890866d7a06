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
  std::size_t records = 512;      ///< The most of one request.
  std::size_t bytes = 1u << 20;   ///< The most of their kept texts; the last one may exceed it.
  std::chrono::hours oldest{24};  ///< An older event is not sent.
  /// Between attempts; doubled each time.
  std::chrono::milliseconds first_pause{1000}, longest_pause{60'000};
};

/// How a destination does, as the API shows it, since the server's start.
struct ExportProgress {
  std::uint64_t sent = 0, dropped = 0;
  std::int64_t last_sent_at = 0;  ///< µs; 0 = never.
  std::string last_error;         ///< "" when the last attempt went well.
};

/// Moves one destination's telemetry out of the archive. The archive is the queue, so nothing waits in
/// memory; of a request that must be sent again only its positions are kept. One thread at a time calls
/// `turn`.
class Pump {
 public:
  Pump(std::string destination, Store& store, bool private_allowed, const Clock& clock, Random& random,
       const Log& log, ExportCounters& counters, ExportLimits limits = {});

  /// Sends one request of each signal. Returns when to come again; nothing when all was sent, or when the
  /// destination was removed.
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
  /// Returns false when it must be sent again.
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
  std::string last_session_;  // the session whose turn it was last: the next ones follow
  std::vector<Part> again_;   // what is under way
  bool logs_done_ = false, traces_done_ = false;
  int failures_ = 0;
  mutable std::mutex mutex_;  // guards what follows
  std::chrono::steady_clock::time_point not_before_ = std::chrono::steady_clock::time_point::min();
  ExportProgress progress_;
};

}  // namespace wye::control
