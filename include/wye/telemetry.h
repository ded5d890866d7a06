#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace wye {

/// One category's switch.
struct TelemetryCategory {
  bool enabled = false;
};

/// Names a destination: by `id` or by `name`, not by both.
struct OtlpDestinationRef {
  std::optional<std::string> id;
  std::optional<std::string> name;
};

/// Whether a browser's telemetry is exported by OTLP, and where to.
struct OtlpExportRequest {
  std::optional<bool> enabled;
  std::optional<OtlpDestinationRef> destination;
};

/// Where telemetry goes besides the archive.
struct TelemetryExportRequest {
  std::optional<OtlpExportRequest> otlp;
};

/// Telemetry as asked for. Nothing set means: off on create, unchanged on update.
struct TelemetryRequest {
  std::optional<bool> enabled;
  /// By category name (`control`, `connection`, `system`, `captcha`, `network`, …).
  std::optional<std::map<std::string, TelemetryCategory>> browser;
  std::optional<TelemetryExportRequest> export_;
};

/// Telemetry as it is: every settable category, listed explicitly.
struct TelemetryState {
  std::optional<std::map<std::string, TelemetryCategory>> browser;
};

/// Who made an event.
struct TelemetrySource {
  std::string kind;  ///< `cdp`, `kernel_api`, `extension` or `local_process`.
  std::optional<std::string> event;
  std::optional<std::map<std::string, std::string>> metadata;
};

/// Something that happened in a browser or to it (docs/telemetry.md lists the types).
struct TelemetryEvent {
  std::int64_t ts = 0;  ///< Microseconds since the Unix epoch; never falls within a session.
  std::string type;
  std::string category;
  TelemetrySource source;
  std::optional<boost::json::value> data;
  std::optional<bool> truncated;
};

/// What the stream and the pages carry. `seq` starts at 1 and is never used twice within a session.
struct TelemetryEnvelope {
  std::int64_t seq = 0;
  TelemetryEvent event;
};

}  // namespace wye
