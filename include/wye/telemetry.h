#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace wye {

/// The capture of a browser's DevTools commands (`cdp_command`, docs/telemetry.md).
struct TelemetryCommands {
  std::optional<std::vector<std::string>> excluded_methods;  ///< Not captured, but counted.
};

/// Switches one category on or off.
struct TelemetryCategory {
  bool enabled = false;
  std::optional<TelemetryCommands> cdp;  ///< Of `control` only; absent: DevTools commands are not captured.
};

/// Names a destination of exports: by `id` or by `name`, not by both (docs/export.md).
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

/// The telemetry to switch on or off (wire-api §3). With nothing set, it is off on create and unchanged on
/// update.
struct TelemetryRequest {
  std::optional<bool> enabled;  ///< True: the default categories, and those of `browser`. False: none.
  /// By category name (`control`, `connection`, `system`, `captcha`, `network`, …).
  std::optional<std::map<std::string, TelemetryCategory>> browser;
  std::optional<TelemetryExportRequest> export_;
};

/// The present telemetry: every settable category, listed explicitly.
struct TelemetryState {
  std::optional<std::map<std::string, TelemetryCategory>> browser;  ///< By category name.
};

/// The origin of an event.
struct TelemetrySource {
  std::string kind;                  ///< `cdp`, `kernel_api`, `extension` or `local_process`.
  std::optional<std::string> event;  ///< The origin's own name of it, such as a DevTools method.
  std::optional<std::map<std::string, std::string>> metadata;
};

/// Something that happened in a browser or to it (docs/telemetry.md lists the types).
struct TelemetryEvent {
  std::int64_t ts = 0;   ///< Microseconds since the Unix epoch; never falls within a session.
  std::string type;      ///< Clients must tolerate unknown types.
  std::string category;  ///< Clients must tolerate unknown categories.
  TelemetrySource source;
  std::optional<boost::json::value> data;  ///< Its fields depend on the type.
  std::optional<bool> truncated;           ///< True when `data` was cut to keep the record below 1 MiB.
};

/// An element of the stream and of the pages (wire-api §3).
struct TelemetryEnvelope {
  std::int64_t seq = 0;  ///< Starts at 1, rises, and is never used twice within a session.
  TelemetryEvent event;
};

}  // namespace wye
