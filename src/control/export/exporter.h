#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/jobs.h"
#include "control/export/export_counters.h"
#include "control/export/pump.h"
#include "control/store/lease.h"

namespace wye::control {

struct ExporterOptions {
  /// Names this server: of several servers on one record, one exports.
  std::string holder;
  bool private_allowed = false;            ///< Whether destinations may be at loopback and private addresses.
  int threads = 4;                         ///< How many destinations are sent to at once.
  std::chrono::milliseconds linger{1000};  ///< How long events are gathered before they are sent together.
  ExportLimits limits;
};

/// Sends archived telemetry to the destinations that sessions export to (docs/adr/0005-otlp.md). It reads
/// behind the archiver and never holds it up. Thread-safe.
class Exporter {
 public:
  /// The arguments must outlive the exporter.
  Exporter(Store& store, const Clock& clock, Random& random, const Log& log, ExporterOptions options = {});
  ~Exporter() { stop(); }
  /// Ends requests under way; the next start sends what they carried.
  void stop();

  /// Says that something was committed to the archive, or that a session is gone. It costs the caller next to
  /// nothing.
  void archived();
  /// Says that a destination was changed or removed.
  void changed(const std::string& destination);
  [[nodiscard]] ExportProgress progress(const std::string& destination) const;
  /// Sends an empty request, and returns whether the destination would take one. Blocks.
  [[nodiscard]] otlp::Delivery test(const Destination& destination, otlp::Signal signal);

  [[nodiscard]] const ExportCounters& counters() const { return counters_; }
  [[nodiscard]] bool private_allowed() const { return options_.private_allowed; }
  /// Returns how many destinations failed at their last attempt.
  [[nodiscard]] std::size_t failing() const;

 private:
  std::optional<std::chrono::milliseconds> look();
  void put(const std::string& destination);

  Store& store_;
  const Clock& clock_;
  Random& random_;
  const Log& log_;
  const ExporterOptions options_;
  Lease lease_;
  ExportCounters counters_;
  std::atomic<bool> asked_ = false;
  std::chrono::steady_clock::time_point next_look_ =
      std::chrono::steady_clock::time_point::min();  // of look()
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Pump>> pumps_;  // shared with a turn under way
  std::stop_source stop_;
  Jobs looks_, turns_;  // two queues: a destination that hangs does not hold up the looks
};

}  // namespace wye::control
