#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "events/paging.h"
#include "host/owner_store.h"
#include "wye/result.h"

namespace wye::control {

/// What the archive holds of one session that has ended.
struct EndedArchive {
  std::string session;
  std::int64_t ended_at = 0;  ///< µs.
  std::int64_t bytes = 0, events = 0;
};

struct ArchiveSize {
  std::int64_t bytes = 0;  ///< The bytes of the events, and of what is kept beside them to find them.
  std::int64_t sessions = 0;
  std::int64_t living = 0;  ///< Of them, those that are not gone.
};

/// The archive as it is read and removed; `host::OwnerStore` fills it. Calls block; thread-safe. Promises and
/// errors: store.h.
class ArchiveStore {
 public:
  virtual ~ArchiveStore() = default;

  [[nodiscard]] virtual std::unique_ptr<events::RecordSource> archived_events(const std::string& id) = 0;
  /// Returns nothing when the archive is whole, or whole so far.
  [[nodiscard]] virtual Result<std::optional<host::IncompleteArchive>> incomplete_archive(
      const std::string& id) = 0;
  /// The size of the archives of all sessions but those whose archive has expired.
  [[nodiscard]] virtual Result<ArchiveSize> archive_size() = 0;
  /// Returns the archive of the session that ended first, among those that are gone; nothing when none has an
  /// archive.
  [[nodiscard]] virtual Result<std::optional<EndedArchive>> oldest_ended_archive() = 0;
  /// Lets the archive of a session that is gone expire: from here on it is empty, whole and at once.
  /// `remove_expired` then gives back its room.
  virtual Result<void> expire_archive(const std::string& id) = 0;
  /// Removes about `bytes` bytes of events of expired archives and returns how many events; nothing when none
  /// are left.
  virtual Result<std::optional<std::int64_t>> remove_expired(std::int64_t bytes) = 0;
};

}  // namespace wye::control
