#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "cli/report/pictures.h"
#include "wye/result.h"
#include "wye/telemetry.h"

namespace wye::cli {

inline constexpr std::size_t kMaxReportEvents = 500'000;  ///< A browser's tab shows that many without delay.
inline constexpr std::size_t kMaxReportBytes = 256u << 20;  ///< Bound of the file without its screenshots.
inline constexpr std::size_t kMaxBlockEvents = 1024;        ///< Unpacked together when one of them is opened.
inline constexpr std::size_t kMaxBlockBytes = 1u << 20;     ///< Bound of a block before packing.
inline constexpr std::size_t kMaxPictureBudget = 1024u << 20;  ///< The most that a caller may ask for.

struct ReportLimits {
  std::size_t events = kMaxReportEvents;
  std::size_t bytes = kMaxReportBytes;
  std::size_t picture_bytes = kPictureBudget;
};

/// Writes a report while its events arrive. Holds one block of events and the screenshots that it keeps.
class ReportWriter {
 public:
  /// Receives the file's bytes in order.
  using Sink = std::function<Result<void>(std::string_view)>;
  ReportWriter(Sink sink, ReportLimits limits)
      : sink_(std::move(sink)), limits_(limits), pictures_(limits.picture_bytes) {}

  /// Takes events in the order of `seq`. False when a limit is reached and the event was not taken: call
  /// `finish` then.
  Result<bool> add(TelemetryEnvelope envelope);

  /// Writes screenshots, facts and script. Adds `types`, `events` and `pictures` to `facts`.
  Result<void> finish(boost::json::object facts);

  [[nodiscard]] std::size_t events() const { return events_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] const Pictures& pictures() const { return pictures_; }

 private:
  Result<void> write(std::string_view text);
  Result<void> write_block();

  Sink sink_;
  ReportLimits limits_;
  Pictures pictures_;
  std::string index_, details_;
  std::size_t block_events_ = 0, events_ = 0, bytes_ = 0;
};

}  // namespace wye::cli
