#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/store/export_store.h"
#include "control/store/key_store.h"
#include "events/paging.h"
#include "host/owner_store.h"
#include "wye/browser.h"
#include "wye/result.h"

namespace wye::control {

/// A session's life; each step is committed before it is acted on (routing-contract §7).
enum class Life { creating, live, ending, gone };

/// One browser session as it is on record.
struct Session {
  std::string id;
  Life life = Life::creating;
  std::int64_t created_at = 0;  ///< µs.
  std::int64_t deleted_at = 0;  ///< µs; 0 while it is not gone.
  std::int64_t ended_uptime_ms = 0;
  std::string jwt;
  BrowserCreate config;  ///< As asked for, defaults filled in; name and tags as they are now.
  std::optional<std::map<std::string, TelemetryCategory>> telemetry;  ///< On categories; absent = off.
  std::string vm;         ///< The driver's VmRecord as JSON; "" before it was launched.
  std::string export_to;  ///< The id of the destination of its telemetry; "" = none.
};

struct SessionFilter {
  bool active = true, deleted = false;
  std::string query;  ///< Case-insensitive substring of the name; the id exactly.
  std::string name;   ///< Exactly, without case.
  std::string region;
  std::map<std::string, std::string> tags;
  std::int64_t limit = 20, offset = 0;
};

/// What the archive holds of one ended session.
struct EndedArchive {
  std::string session;
  std::int64_t ended_at = 0;  ///< µs.
  std::int64_t bytes = 0, events = 0;
};

struct ArchiveSize {
  std::int64_t bytes = 0;  ///< Of the events' texts and of what is kept beside them to find them.
  std::int64_t sessions = 0;
  std::int64_t living = 0;  ///< Of them, those that are not gone.
};

/// The platform's record. Calls block; thread-safe. What a call promises once it has returned without an
/// error (docs/reliability.md, with the tests):
/// - Always: it is committed, in order, and survives the kill of any process. SQLite: WAL,
/// synchronous=NORMAL,
///   `fsync` only at a checkpoint, so a power cut may take the last commits, and never one before another.
/// - Where it says *power-safe*: the log was synced after the commit. It and every commit before it, of
///   whatever kind, survive a power cut too.
class Store : public host::OwnerStore {
 public:
  [[nodiscard]] virtual Result<std::optional<std::string>> setting(const std::string& name) = 0;
  /// Power-safe: what is kept here is made once.
  virtual Result<void> set_setting(const std::string& name, const std::string& value) = 0;

  /// What API keys there are; all its changes are power-safe.
  [[nodiscard]] virtual KeyStore& keys() = 0;
  /// Where telemetry is exported to, and how far it is.
  [[nodiscard]] virtual ExportStore& exports() = 0;

  /// `conflict` (`name_conflict`) when a creating or live session has the name.
  virtual Result<void> insert_session(const Session& session) = 0;
  /// Name and configuration; `conflict` as above.
  virtual Result<void> update_config(const Session& session) = 0;
  /// Nothing = off.
  virtual Result<void> set_telemetry(
      const std::string& id, const std::optional<std::map<std::string, TelemetryCategory>>& telemetry) = 0;
  virtual Result<void> set_life(const std::string& id, Life life) = 0;
  /// Of a session that is being created; `conflict` when it is not, or no longer. Power-safe when it becomes
  /// `live`: then a client is told of it.
  virtual Result<void> set_vm(const std::string& id, const std::string& vm, Life life) = 0;
  [[nodiscard]] virtual Result<std::optional<Session>> session(const std::string& id) = 0;
  /// Names lead to creating and live sessions only.
  [[nodiscard]] virtual Result<std::optional<Session>> session_by_name(const std::string& name) = 0;
  /// Newest first; one more than `limit` when there is more.
  [[nodiscard]] virtual Result<std::vector<Session>> sessions(const SessionFilter& filter) = 0;
  [[nodiscard]] virtual Result<std::vector<Session>> sessions_not_gone() = 0;

  [[nodiscard]] virtual std::unique_ptr<events::RecordSource> archived_events(const std::string& id) = 0;
  /// Of all sessions but those whose archive has expired.
  [[nodiscard]] virtual Result<ArchiveSize> archive_size() = 0;
  /// Of the sessions that are gone; nothing when none has an archive.
  [[nodiscard]] virtual Result<std::optional<EndedArchive>> oldest_ended_archive() = 0;
  /// Of a session that is gone: from here on its archive is empty, whole and at once. What it took is given
  /// back by `remove_expired`.
  virtual Result<void> expire_archive(const std::string& id) = 0;
  /// Removes events of expired archives, about so many bytes of them: how many. Nothing when none are left.
  virtual Result<std::optional<std::int64_t>> remove_expired(std::int64_t bytes) = 0;
};

}  // namespace wye::control
