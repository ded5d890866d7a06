// What the owner of a VM writes about a session's life, on any engine.
#include "base/try.h"
#include "control/store/store.h"

namespace wye::control {

Result<void> Store::keep_vm(const std::string& session, const std::string& vm) {
  for (const auto life : {Life::creating, Life::live}) {
    WYE_TRY(const auto moved, move(session, life, life, {.vm = vm}));
    if (moved == Moved::made) return {};
  }
  return Error{.kind = ErrorKind::conflict,
               .code = "conflict",
               .message = "the session is neither being created nor alive"};
}

Result<bool> Store::end_session(const std::string& session, const host::LastStep& step) {
  WYE_TRY(const auto moved,
          move(session, Life::ending, Life::gone,
               {.deleted_at = step.at, .uptime_ms = step.uptime_ms, .archived_to = step.archived_to}));
  if (moved == Moved::made) return true;
  // An earlier try may have been committed though its answer was lost.
  WYE_TRY(const auto now, this->session(session));
  return !now || now->life == Life::gone;
}

}  // namespace wye::control
