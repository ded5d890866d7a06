#include "host/vm_end.h"

#include <algorithm>
#include <chrono>

#include "base/try.h"
#include "host/agent_call.h"
#include "host/session_files.h"
#include "wire/agent_paths.h"

namespace wye::host {
namespace {

constexpr std::chrono::milliseconds kLastWordWithin{200};

}  // namespace

// Asks for its last events, which say why its clients' connections end. One that hangs is not waited for.
void VmEnd::take_last_word(const Vms::Vm& vm) {
  auto agent = vm.agent;
  if (!agent && !vm.record.empty())
    if (const auto found = driver_.adopt(vm.record)) agent = found->agent;
  if (agent)
    (void)call_agent(agent, {.method = "POST", .target = wire::kAgentEnding, .deadline = kLastWordWithin});
}

Result<Archiver::Progress> VmEnd::go_on(const std::string& id, bool& destroyed) {
  const auto vm = vms_.find(id);
  if (!vm) return Archiver::Progress::done;
  if (!destroyed) {
    take_last_word(*vm);
    WYE_CHECK(driver_.destroy({id, SessionFiles(data_dir_, id).directory}, vm->record));
    destroyed = true;
  }
  WYE_TRY(const auto archived, archiver_.finish(id, {vm->ran, vm->created_at}));
  if (archived == Archiver::Progress::more) return archived;
  const auto now = std::max(clock_.unix_micros(), vm->created_at);  // a clock may have been set back
  WYE_TRY(const bool gone, store_.end_session(id, {.at = now,
                                                   .uptime_ms = (now - vm->created_at) / 1000,
                                                   .archived_to = archiver_.mark(id)}));
  if (!gone) {
    archiver_.open(id, SessionFiles(data_dir_, id).spool());  // reads its mark again
    return Error{.kind = ErrorKind::conflict, .code = "conflict", .message = "somebody else archives it"};
  }
  log_.info("session gone", {{"session", id}});
  return archived;
}

}  // namespace wye::host
