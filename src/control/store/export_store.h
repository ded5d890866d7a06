#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "wye/result.h"

namespace wye::control {

/// A receiver of telemetry over OTLP/HTTP.
struct Destination {
  enum class Protocol { protobuf, json };
  std::string id;
  std::string name;
  std::string
      endpoint;  ///< The base URL, without `/v1/logs` and `/v1/traces` and without a slash at its end.
  std::map<std::string, std::string> headers;  ///< The values are secrets: nothing prints them.
  std::string description;
  Protocol protocol = Protocol::protobuf;
  bool logs = true, traces = true;              ///< The signals it takes.
  std::int64_t created_at = 0, updated_at = 0;  ///< µs.
};

struct DestinationFilter {
  std::string query;  ///< A case-insensitive substring of name, endpoint or description, or the exact id.
  std::string name;   ///< The exact name, without regard to case.
  std::int64_t limit = 20, offset = 0;
};

/// A session with archived events that its destination does not have.
struct BehindSession {
  std::string id;
  std::int64_t exported_to = 0;  ///< The seq of the last event sent.
  std::int64_t archived_to = 0;  ///< The seq of the last event there is.
  bool gone = false;             ///< If so, the session's own span is to be sent after the last event.
};
/// How far a session is exported; one more than its last event's seq once its own span has been sent.
struct ExportMark {
  std::string session;
  std::int64_t to = 0;
};

/// Destinations, and how far the sessions that export to them are. Changes by the API are power-safe; marks
/// are not: after a power cut events may be sent again. Calls block; thread-safe; reads wait for no writer.
class ExportStore {
 public:
  virtual ~ExportStore() = default;

  /// Fails with `conflict` (`name_conflict`) when the name is taken, without regard to case; so does
  /// `update`.
  virtual Result<void> add(const Destination& destination) = 0;
  /// Changes everything but `id` and `created_at`. Returns false when the destination is not there.
  virtual Result<bool> update(const Destination& destination) = 0;
  enum class Removal { removed, not_there, in_use };
  /// Refuses while a session that is not gone exports to it. What sessions that are gone have left is not
  /// sent.
  virtual Result<Removal> remove(const std::string& id) = 0;
  [[nodiscard]] virtual Result<std::optional<Destination>> by_id(const std::string& id) = 0;
  [[nodiscard]] virtual Result<std::optional<Destination>> by_name(const std::string& name) = 0;
  /// Newest first; one more than `limit` when there is more.
  [[nodiscard]] virtual Result<std::vector<Destination>> list(const DestinationFilter& filter) = 0;
  [[nodiscard]] virtual Result<std::int64_t> count() = 0;

  /// Sets where a living session exports to from now on; "" = nowhere. A session that has exported nothing
  /// begins behind what is archived now. Returns false when the session or the destination is not there (any
  /// more).
  virtual Result<bool> assign(const std::string& session, const std::string& destination) = 0;
  [[nodiscard]] virtual Result<std::vector<std::string>> destinations_behind() = 0;
  /// Returns at most `limit` sessions with ids above `after`, by id.
  [[nodiscard]] virtual Result<std::vector<BehindSession>> behind(const std::string& destination,
                                                                  const std::string& after,
                                                                  std::int64_t limit) = 0;
  /// Moves the marks of sessions that still export to `destination`, in one commit; a mark never falls.
  virtual Result<void> advance(const std::string& destination, const std::vector<ExportMark>& marks) = 0;
  /// The number of events (and spans of sessions) that wait to be sent to it.
  [[nodiscard]] virtual Result<std::int64_t> backlog(const std::string& destination) = 0;
};

}  // namespace wye::control
