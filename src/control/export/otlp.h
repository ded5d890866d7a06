#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <vector>

// The part of OTLP that Wye sends (opentelemetry-proto 1.5). Times are µs since the epoch here and become ns
// on the wire; ids are raw bytes. The encoders are pure.
namespace wye::control::otlp {

struct Attribute {
  std::string key;
  boost::json::value value;
};

enum class Severity { debug = 5, info = 9, warn = 13, error = 17 };

struct LogRecord {
  std::int64_t time = 0;
  Severity severity = Severity::info;
  std::string event_name;
  boost::json::value body;
  std::vector<Attribute> attributes;
  std::string trace_id;  ///< 16 bytes.
  std::string span_id;   ///< 8 bytes; "" = none.
};

enum class SpanKind { internal = 1, server = 2, client = 3 };

struct Span {
  std::string trace_id;
  std::string span_id;
  std::string parent_span_id;  ///< "" = none.
  std::string name;
  SpanKind kind = SpanKind::internal;
  std::int64_t start = 0, end = 0;
  std::vector<Attribute> attributes;
  bool failed = false;
};

/// One session: its resource, its logs and its spans.
struct ResourceSignals {
  std::vector<Attribute> resource;
  std::vector<LogRecord> logs;
  std::vector<Span> spans;
};

/// `ExportLogsServiceRequest` and `ExportTraceServiceRequest`. A resource without records is left out.
[[nodiscard]] std::string logs_to_protobuf(const std::vector<ResourceSignals>& all);
[[nodiscard]] std::string traces_to_protobuf(const std::vector<ResourceSignals>& all);
/// The same in OTLP/JSON: lowerCamelCase, 64-bit integers as strings, ids in hex.
[[nodiscard]] std::string logs_to_json(const std::vector<ResourceSignals>& all);
[[nodiscard]] std::string traces_to_json(const std::vector<ResourceSignals>& all);

inline constexpr const char* kScopeName = "wye.telemetry";

}  // namespace wye::control::otlp
