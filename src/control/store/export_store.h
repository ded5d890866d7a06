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
  std::map<std::string, std::string> headers;  ///< Their values are secrets: nothing prints them.
  std::string description;
  Protocol protocol = Protocol::protobuf;
  bool logs = true, traces = true;              ///< The signals it takes.
  std::int64_t created_at = 0, updated_at = 0;  ///< µs.
};

struct DestinationFilter {
  std::string query;  ///< Case-insensitive substring of name, endpoint or description; the id exactly.
  std::string name;   ///< Exactly, without case.
  std::int64_t limit = 20, offset = 0;
};

/// A session of which something is archived that its destination does not have.
struct BehindSession {
  std::string id;
  std::int64_t exported_to = 0;  ///< Seq of the last event sent.
  std::int64_t archived_to = 0;  ///< Seq of the last event there is.
  bool gone = false;             ///< Then the session's own span is to be sent behind the last event.
};
/// How far a session is exported; one more than its last event's seq once its own span was sent.
struct ExportMark {
  std::string session;
  std::int64_t to = 0;
};

/// Destinations, and how far the sessions that export to them are. What the API changes is power-safe; marks
/// are not: a cut may have events sent once more. Calls block; thread-safe; reading waits for no writer.
class ExportStore {
 public:
  virtual ~ExportStore() = default;

  /// `conflict` (`name_conflict`) when the name is taken, without case; so `update`.
  virtual Result<void> add(const Destination& destination) = 0;
  /// Everything but `id` and `created_at`. False when it is not there.
  virtual Result<bool> update(const Destination& destination) = 0;
  enum class Removal { removed, not_there, in_use };
  /// Not while a session that is not gone exports to it. What sessions that are gone have left is not sent.
  virtual Result<Removal> remove(const std::string& id) = 0;
  [[nodiscard]] virtual Result<std::optional<Destination>> by_id(const std::string& id) = 0;
  [[nodiscard]] virtual Result<std::optional<Destination>> by_name(const std::string& name) = 0;
  /// Newest first; one more than `limit` when there is more.
  [[nodiscard]] virtual Result<std::vector<Destination>> list(const DestinationFilter& filter) = 0;
  [[nodiscard]] virtual Result<std::int64_t> count() = 0;

  /// Where a living session exports to from now on; "" = nowhere. One that exported nothing begins behind
  /// what is archived now. False when session or destination are not there (any more).
  virtual Result<bool> assign(const std::string& session, const std::string& destination) = 0;
  [[nodiscard]] virtual Result<std::vector<std::string>> destinations_behind() = 0;
  /// By id, those above `after`, at most `limit`.
  [[nodiscard]] virtual Result<std::vector<BehindSession>> behind(const std::string& destination,
                                                                  const std::string& after,
                                                                  std::int64_t limit) = 0;
  /// Marks of sessions that still export to `destination`, in one commit; a mark never falls.
  virtual Result<void> advance(const std::string& destination, const std::vector<ExportMark>& marks) = 0;
  /// Events (and spans of sessions) that wait to be sent to it.
  [[nodiscard]] virtual Result<std::int64_t> backlog(const std::string& destination) = 0;
};

}  // namespace wye::control
