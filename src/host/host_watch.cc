// Handles what happens to VMs that run: their spools grow, their files take the disk, the carrier of their
// network dies.
#include "base/try.h"
#include "host/host.h"
#include "host/session_files.h"

namespace wye::host {
namespace {

constexpr auto kTryAgain = std::chrono::seconds(1);
constexpr auto kAtOnce = std::chrono::milliseconds(0);  // again when others had their turn
constexpr auto kLookAtDisk = std::chrono::milliseconds(1000);

}  // namespace

void Host::queue_ingest(const std::string& id) {
  ingests_.put(id, [this, id]() -> Jobs::Later {
    if (!check_disk(id)) return std::nullopt;
    const auto before = archiver_.archived();
    const auto done = archiver_.ingest(id);
    if (archiver_.archived() != before) events_.archived();
    if (done) return *done == Archiver::Progress::more ? std::optional(kAtOnce) : std::nullopt;
    log_.warn("archiving failed", {{"session", id}, {"reason", done.error().message}});
    return kTryAgain;
  });
}

// Our code bounds what an agent writes through it; what it writes otherwise may come without an event.
void Host::watch_disk() {
  ingests_.put("disk", [this]() -> Jobs::Later {
    const auto running = vms_.running();
    for (const auto& id : running) check_disk(id);
    return running.empty() ? std::nullopt : std::optional(kLookAtDisk);
  });
}

bool Host::check_disk(const std::string& id) {
  if (!vms_.runs(id)) return true;
  const SessionFiles files(options_.data_dir, id);
  if (cut_log(files.log()))
    log_.warn("an agent's log was beyond its bound and begins again", {{"session", id}});
  const auto blocks = blocks_of(files.spool());
  if (blocks <= options_.most_spool_blocks) return true;
  log_.error("a spool is beyond its bound: its browser ends", {{"session", id}, {"bytes", blocks}});
  queue_end_of_oversized(id);
  return false;
}

// Ends the VM first, since nothing can be committed on a full disk. Its end is told like any death, and its
// blocks are freed.
void Host::queue_end_of_oversized(const std::string& id) {
  endings_.put("oversized " + id, [this, id]() -> Jobs::Later {
    const auto vm = vms_.find(id);
    if (!vm || !vms_.runs(id)) return std::nullopt;
    auto done = driver_.destroy({id, SessionFiles(options_.data_dir, id).directory}, vm->record);
    if (done) done = archiver_.cut(id);
    if (done) return std::nullopt;
    log_.warn("a browser that fills the disk cannot be ended yet",
              {{"session", id}, {"reason", done.error().message}});
    return kTryAgain;
  });
}

void Host::watch_network(const std::string& id, const std::string& record) {
  auto network = driver_.network(record);
  if (!network) return queue_network(id);
  if (!*network) return;  // it cannot die
  watcher_->watch_network(id, std::move(*network));
  // The session may have ended, and been forgotten, in between.
  if (!vms_.find(id)) watcher_->forget(id);
}

void Host::queue_network(const std::string& id) {
  endings_.put("network " + id, [this, id]() -> Jobs::Later {
    const auto done = restart_network(id);
    if (done) return std::nullopt;
    log_.warn("the network cannot be restarted yet", {{"session", id}, {"reason", done.error().message}});
    return kTryAgain;
  });
}

Result<void> Host::restart_network(const std::string& id) {
  const auto vm = vms_.find(id);
  if (!vm || !vms_.runs(id)) return {};
  if (!driver_.adopt(vm->record)) return {};  // the whole VM died; its own watch tells it
  WYE_TRY(const auto restarted, driver_.restart_network(vm->record));
  log_.warn("network helper died, started again", {{"session", id}});
  vms_.set_record(id, restarted);
  const auto kept = store_.keep_vm(id, restarted);
  if (!kept && kept.error().kind != ErrorKind::conflict) return kept;  // a conflict: it is ending
  watch_network(id, restarted);
  return {};
}

}  // namespace wye::host
