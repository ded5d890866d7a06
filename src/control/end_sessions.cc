// Begins a session's end, and does what follows once it is gone.
#include <algorithm>
#include <set>

#include "base/try.h"
#include "control/sessions.h"

namespace wye::control {

using std::chrono::steady_clock;

namespace {

constexpr std::string_view kDeleted = "deleted", kTimedOut = "timed_out", kVmDied = "vm_died";
constexpr auto kTryAgain = std::chrono::seconds(1);
// Nobody tells when holders come and go; vm-api §6 allows ±5 s.
constexpr std::chrono::milliseconds kLookAtIdle{5000}, kSoonest{10};

Error not_alive() {
  return {.kind = ErrorKind::not_found, .code = "not_found", .message = "no such browser"};
}

}  // namespace

Result<void> Sessions::remove(const std::string& id) { return begin_end(id, kDeleted); }

// Ends live sessions only: a session that is still being created is ended by whoever creates it.
Result<void> Sessions::begin_end(const std::string& id, std::string_view why) {
  const auto moved = store_.move(id, Life::live, Life::ending, {});
  if (!moved) {
    look_again(id);
    return moved.error();
  }
  if (*moved == Moved::lost) return not_alive();
  directory_.set_state(id, metro::SessionState::ending);
  (why == kDeleted ? counters_.deleted : why == kTimedOut ? counters_.timed_out : counters_.vm_died).add();
  log_.info("session ending", {{"session", id}, {"why", why}});
  hand_to_host(id);
  return {};
}

// The step may have been made in spite of the error. Then nobody else would finish this session.
void Sessions::look_again(const std::string& id) {
  jobs_.put("look " + id, [this, id]() -> Jobs::Later {
    const auto session = store_.session(id);
    if (!session) return kTryAgain;
    if (!*session || (*session)->life != Life::ending) return std::nullopt;
    directory_.set_state(id, metro::SessionState::ending);
    hand_to_host(id);
    return std::nullopt;
  });
}

void Sessions::queue_end(const std::string& id) {
  jobs_.put("end " + id, [this, id]() -> Jobs::Later {
    const auto done = end_anyhow(id);
    if (done) return std::nullopt;
    log_.warn("a session's end cannot be committed yet", {{"session", id}, {"reason", done.error().message}});
    return kTryAgain;
  });
}

Result<void> Sessions::end_anyhow(const std::string& id) {
  const auto ended = begin_end(id, kVmDied);
  if (ended || ended.error().kind != ErrorKind::not_found) return ended;
  WYE_CHECK(store_.move(id, Life::creating, Life::ending, {}));  // or its end had begun before
  directory_.set_state(id, metro::SessionState::ending);
  hand_to_host(id);
  return {};
}

// Holds the mutex over both, so that nobody begins to wait for an end that was told already.
void Sessions::hand_to_host(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const bool first = unfinished_.try_emplace(id).second;
  if (!host_.end(id) && first) unfinished_.erase(id);
}

void Sessions::become_gone(const std::string& id) {
  directory_.forget(id);
  std::vector<std::function<void()>> waiting;
  {
    const std::lock_guard lock(mutex_);
    if (auto found = unfinished_.extract(id)) waiting = std::move(found.mapped());
  }
  admission_.leave(id);
  for (const auto& call : waiting) call();
}

void Sessions::when_finished(const std::string& id, std::function<void()> call) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = unfinished_.find(id);
    if (found != unfinished_.end()) return found->second.push_back(std::move(call));
  }
  call();
}

void Sessions::watch_idle() {
  jobs_.put("idle", [this] { return end_idle(); });
}

Jobs::Later Sessions::end_idle() {
  const auto may_expire = vm_use_.ask(directory_.idle());
  for (const auto& id : directory_.begin_expiry(&may_expire))
    if (const auto begun = begin_end(id, kTimedOut); !begun && begun.error().kind != ErrorKind::not_found)
      directory_.set_state(id, metro::SessionState::live);
  // The next session that goes live looks again.
  if (directory_.count(metro::SessionState::live) == 0) return std::nullopt;
  const auto next = directory_.next_expiry();
  if (!next || vm_use_.waits_for_silent()) return kLookAtIdle;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - clock_.steady());
  return std::clamp(left, kSoonest, kLookAtIdle);
}

std::size_t Sessions::end_all(std::chrono::milliseconds within) {
  const auto deadline = steady_clock::now() + within;
  admission_.close();
  std::set<std::string> begun;
  auto left = admission_.census();
  while (!left.here.empty()) {
    for (const auto& id : left.here)
      if (!begun.contains(id) && begin_end(id, kDeleted)) begun.insert(id);
    if (!admission_.wait_for_change(left, deadline)) break;
    left = admission_.census();
  }
  return admission_.count();
}

}  // namespace wye::control
