#include "host/oom_teller.h"

#include "host/agent_call.h"

namespace wye::host {
namespace {

constexpr auto kTellWithin = std::chrono::seconds(1);

}  // namespace

bool OomTeller::take_place(const std::string& session) {
  const std::lock_guard lock(mutex_);
  const auto found = waiting_of_.find(session);
  const auto of_one = found == waiting_of_.end() ? 0 : found->second;
  if (waiting_ >= kMaxWaiting || of_one >= kMaxWaitingOfOne) return false;
  ++waiting_;
  ++waiting_of_[session];
  return true;
}

void OomTeller::give_back_place(const std::string& session) {
  const std::lock_guard lock(mutex_);
  --waiting_;
  if (--waiting_of_[session] == 0) waiting_of_.erase(session);
}

void OomTeller::tell(const OomKill& kill) {
  if (!take_place(kill.session_id))
    return log_.warn("out of memory, not told", {{"session", kill.session_id}});
  std::string key;
  {
    const std::lock_guard lock(mutex_);
    key = std::to_string(next_++);
  }
  jobs_.put(key, [this, kill]() -> Jobs::Later {
    tell_now(kill);
    give_back_place(kill.session_id);
    return std::nullopt;
  });
}

// The agent refuses where the category is off. When the kernel killed the agent, the session ends, and this
// log keeps what is known.
void OomTeller::tell_now(const OomKill& kill) {
  log_.warn("out of memory",
            {{"session", kill.session_id}, {"process", kill.process_name}, {"pid", kill.pid}});
  const auto vm = vms_.find(kill.session_id);
  if (!vm || !vms_.runs(kill.session_id)) return;
  const auto told = call_agent(vm->agent, {.method = "POST",
                                           .target = "/telemetry/events",
                                           .body = oom_event_body(kill),
                                           .deadline = kTellWithin});
  if (!told || told->status >= 300)
    log_.warn("out of memory cannot be told in telemetry",
              {{"session", kill.session_id}, {"reason", told ? told->body : told.error().message}});
}

}  // namespace wye::host
