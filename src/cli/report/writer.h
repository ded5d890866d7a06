#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "cli/report/pictures.h"
#include "wye/result.h"
#include "wye/telemetry.h"

namespace wye::cli {

inline constexpr std::size_t kMaxReportEvents = 500'000;       ///< What a browser's tab holds with ease.
inline constexpr std::size_t kMaxReportBytes = 256u << 20;     ///< Of the file, without its screenshots.
inline constexpr std::size_t kMaxBlockEvents = 1024;           ///< Unpacked together when one is looked at.
inline constexpr std::size_t kMaxBlockBytes = 1u << 20;        ///< The same, before packing.
inline constexpr std::size_t kMaxPictureBudget = 1024u << 20;  ///< What a caller may ask for.

struct ReportLimits {
  std::size_t events = kMaxReportEvents;
  std::size_t bytes = kMaxReportBytes;
  std::size_t picture_bytes = kPictureBudget;
};

/// Writes a report while its events come in: holds one block of them and the screenshots that it keeps.
class ReportWriter {
 public:
  /// Takes the file's bytes in their order.
  using Sink = std::function<Result<void>(std::string_view)>;
  ReportWriter(Sink sink, ReportLimits limits)
      : sink_(std::move(sink)), limits_(limits), pictures_(limits.picture_bytes) {}

  /// In the order of `seq`. False: a limit is reached, the event was not taken; `finish` is what is left to
  /// do.
  Result<bool> add(TelemetryEnvelope envelope);

  /// Screenshots, facts and script. To `facts` it adds what it knows itself: `types`, `events`, `pictures`.
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
