// What happens to living sessions: their spools grow, their files take the disk, their network helper dies,
// the kernel kills for their memory.
#include <optional>
#include <set>

#include "base/try.h"
#include "control/sessions.h"
#include "host/agent_call.h"
#include "host/bubblewrap/launch_spec.h"
#include "host/oom_report.h"
#include "wire/describe.h"

namespace wye::control {
namespace {

using Later = std::optional<std::chrono::milliseconds>;

constexpr auto kTryAgain = std::chrono::seconds(1);
constexpr auto kAtOnce = std::chrono::milliseconds(0);  // when others had their turn
constexpr auto kLookAtDisk = std::chrono::milliseconds(1000);
constexpr std::size_t kMaxUntoldKills = 256, kMaxUntoldOfOne = 4;
constexpr auto kTellWithin = std::chrono::seconds(1);

}  // namespace

Result<bool> Sessions::catch_up(const std::string& id) {
  const auto before = archiver_.archived();
  auto done = archiver_.catch_up(id);
  if (archiver_.archived() != before) options_.archived();
  return done;
}

void Sessions::queue_ingest(const std::string& id) {
  ingests_.put(id, [this, id]() -> Later {
    if (!check_disk(id)) return std::nullopt;
    const auto before = archiver_.archived();
    const auto done = archiver_.ingest(id);
    if (archiver_.archived() != before) options_.archived();
    if (done) return *done == host::Archiver::Progress::more ? std::optional(kAtOnce) : std::nullopt;
    log_.warn("archiving failed", {{"session", id}, {"reason", done.error().message}});
    return kTryAgain;
  });
}

// What an agent writes by our code it is bounded in; what it writes otherwise may come without a word.
void Sessions::watch_disk() {
  ingests_.put("disk", [this]() -> Later {
    std::set<std::string> alive;
    {
      const std::lock_guard lock(mutex_);
      alive = alive_;
    }
    for (const auto& id : alive) check_disk(id);
    return alive.empty() ? std::nullopt : std::optional(kLookAtDisk);
  });
}

bool Sessions::check_disk(const std::string& id) {
  if (directory_.find(id).state != metro::SessionState::live) return true;
  if (host::cut_log(directory_of(id) + "/agent.log"))
    log_.warn("an agent's log was beyond its bound and begins again", {{"session", id}});
  const auto blocks = host::blocks_of(directory_of(id) + "/spool");
  if (blocks <= options_.most_spool_blocks) return true;
  log_.error("a spool is beyond its bound: its browser ends", {{"session", id}, {"bytes", blocks}});
  queue_end_of_oversized(id);
  return false;
}

void Sessions::queue_end_of_oversized(const std::string& id) {
  endings_.put("oversized " + id, [this, id]() -> Later {
    const auto done = end_oversized(id);
    if (done) return std::nullopt;
    log_.warn("a browser that fills the disk cannot be ended yet",
              {{"session", id}, {"reason", done.error().message}});
    return kTryAgain;
  });
}

// On a disk that is full nothing can be committed. Then the VM ends first, as if it had died, and what it
// took is given back.
Result<void> Sessions::end_oversized(const std::string& id) {
  auto begun = begin_end(id, "spool_too_large");
  if (begun || begun.error().kind == ErrorKind::not_found) return {};
  WYE_TRY(const auto session, store_.session(id));
  if (!session) return {};
  WYE_TRY(const auto vm, wire::from_text<host::VmRecord>(session->vm));
  WYE_CHECK(driver_.destroy(vm));
  WYE_CHECK(archiver_.cut(id));
  return begun;
}

void Sessions::queue_network(const std::string& id) {
  endings_.put("network " + id, [this, id]() -> Later {
    const auto done = restart_network(id);
    if (done) return std::nullopt;
    log_.warn("the network cannot be restarted yet", {{"session", id}, {"reason", done.error().message}});
    return kTryAgain;
  });
}

// The namespace and its rules are there as long as the VM is; what died is only the process that carries its
// packets.
Result<void> Sessions::restart_network(const std::string& id) {
  WYE_TRY(const auto session, store_.session(id));
  if (!session || session->life != Life::live) return {};
  WYE_TRY(const auto vm, wire::from_text<host::VmRecord>(session->vm));
  if (!driver_.adopt(vm)) return {};  // the whole VM died; its own watch tells that
  WYE_TRY(const auto restarted, driver_.restart_network(vm));
  log_.warn("network helper died, started again", {{"session", id}});
  WYE_CHECK(store_.move(id, Life::live, Life::live, {.vm = wire::to_text(restarted)}));
  watch_network(id, restarted);
  return {};
}

// Code in a VM can bring kills about as fast as it likes, and its agent answers when it likes: they wait
// apart from endings, and only a few of one session and of all.
void Sessions::queue_oom_kill(const host::OomKill& kill) {
  {
    const std::lock_guard lock(mutex_);
    auto& untold = untold_of_[kill.session_id];
    if (untold_kills_ >= kMaxUntoldKills || untold >= kMaxUntoldOfOne) {
      if (untold == 0) untold_of_.erase(kill.session_id);
      return log_.warn("out of memory, not told", {{"session", kill.session_id}});
    }
    ++untold;
    ++untold_kills_;
  }
  tellings_.put(std::to_string(next_kill_++), [this, kill]() -> Later {
    tell_oom_kill(kill);
    const std::lock_guard lock(mutex_);
    --untold_kills_;
    if (--untold_of_[kill.session_id] == 0) untold_of_.erase(kill.session_id);
    return std::nullopt;
  });
}

// By the agent, which numbers events; it says no where the category is off. When it was the agent that the
// kernel killed, the session ends, and the log here is what is left of it.
void Sessions::tell_oom_kill(const host::OomKill& kill) {
  log_.warn("out of memory",
            {{"session", kill.session_id}, {"process", kill.process_name}, {"pid", kill.pid}});
  const auto found = directory_.find(kill.session_id);
  if (found.state != metro::SessionState::live) return;
  const auto told = host::call_agent(found.agent, {.method = "POST",
                                                   .target = "/telemetry/events",
                                                   .body = host::oom_event_body(kill),
                                                   .deadline = kTellWithin});
  if (!told || told->status >= 300)
    log_.warn("out of memory cannot be told in telemetry",
              {{"session", kill.session_id}, {"reason", told ? told->body : told.error().message}});
}

}  // namespace wye::control
