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
  std::string holder;                      ///< This server: of several on one record, one exports.
  bool private_allowed = false;            ///< Destinations at loopback and private addresses.
  int threads = 4;                         ///< So many destinations are sent to at once.
  std::chrono::milliseconds linger{1000};  ///< Events of so long go together.
  ExportLimits limits;
};

/// Sends archived telemetry to the destinations that sessions export to (docs/adr/0005-otlp.md). It reads
/// behind the archiver and never holds it up. Thread-safe.
class Exporter {
 public:
  /// What is given must outlive the exporter.
  Exporter(Store& store, const Clock& clock, Random& random, const Log& log, ExporterOptions options = {});
  ~Exporter() { stop(); }
  /// Ends requests under way; what they carried is sent by the next start.
  void stop();

  /// Something was committed to the archive, or a session is gone. Costs the caller next to nothing.
  void archived();
  /// A destination was changed or removed.
  void changed(const std::string& destination);
  [[nodiscard]] ExportProgress progress(const std::string& destination) const;
  /// An empty request: whether the destination would take one. Blocks.
  [[nodiscard]] otlp::Delivery test(const Destination& destination, otlp::Signal signal);

  [[nodiscard]] const ExportCounters& counters() const { return counters_; }
  [[nodiscard]] bool private_allowed() const { return options_.private_allowed; }
  /// Destinations whose last attempt failed.
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
      std::chrono::steady_clock::time_point::min();  // look()'s
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Pump>> pumps_;  // shared with a turn under way
  std::stop_source stop_;
  Jobs looks_, turns_;  // to look is not held up by a destination that hangs
};

}  // namespace wye::control
