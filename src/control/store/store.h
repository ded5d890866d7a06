#pragma once

#include "control/store/archive_store.h"
#include "control/store/export_store.h"
#include "control/store/key_store.h"
#include "control/store/lease_store.h"
#include "control/store/session_store.h"
#include "control/store/setting_store.h"
#include "host/owner_store.h"

namespace wye::control {

/// The platform's record: all its parts in one place. Several servers may work on one record, where its
/// engine allows it. Code that needs one part takes that part's interface.
///
/// What a call promises once it has returned without an error (docs/reliability.md, with the tests):
/// - *Committed*, always: it is done as a whole, is visible to all from here on, and survives the kill of any
///   process, in order: what was committed before it survives, too.
/// - *Power-safe*, where a call says so: it and everything committed before it survive a power cut of the
///   machine that keeps the record.
/// - *Survives failover*: it also survives the loss of that machine. Only an engine that keeps a second copy,
///   and waits for it, promises that, and then for every call that is power-safe.
///
/// Errors: `store_unavailable` (503) passes by itself. After it, as after every other error of a call that
/// writes, only a read tells whether the change was made. `store_damaged` names the record.
class Store : public SettingStore,
              public SessionStore,
              public host::OwnerStore,
              public ArchiveStore,
              public LeaseStore {
 public:
  // The owner's steps of a session's life, as moves.
  Result<void> keep_vm(const std::string& session, const std::string& vm) final;
  Result<bool> end_session(const std::string& session, const host::LastStep& step) final;

  /// The API keys; all changes are power-safe.
  [[nodiscard]] virtual KeyStore& keys() = 0;
  /// Where telemetry is exported to, and how far.
  [[nodiscard]] virtual ExportStore& exports() = 0;

  /// Tells whether the engine is known to be out of reach, so that every call fails. Waits for nothing.
  [[nodiscard]] virtual bool is_away() const { return false; }
};

}  // namespace wye::control
