#include "metro/session_directory.h"

#include <algorithm>
#include <utility>

namespace wye::metro {

using std::chrono::steady_clock;

namespace {

// A call that is made once or cancelled, never both. The lock is held during the call, so that a handle that
// is dropped on another thread waits for its end. It is recursive, because the call itself may drop the
// handle.
struct Ending {
  std::recursive_mutex mutex;
  std::function<void()> call;

  void fire() {
    const std::lock_guard lock(mutex);
    if (const auto now = std::exchange(call, nullptr)) now();
  }
  void cancel() {
    const std::lock_guard lock(mutex);
    call = nullptr;
  }
};

}  // namespace

struct SessionHold::Session {
  Session(const Clock& clock_in, SessionState state_in, net::Endpoint its_agent, std::chrono::seconds timeout)
      : clock(clock_in),
        idle_timeout(timeout),
        state(state_in),
        agent(std::move(its_agent)),
        last_used(clock_in.steady()) {}

  const Clock& clock;
  const std::chrono::seconds idle_timeout;

  std::mutex mutex;  // guards what follows; taken after the directory's mutex, never before it
  SessionState state;
  net::Endpoint agent;
  std::size_t holders = 0;
  steady_clock::time_point last_used;
  std::vector<std::weak_ptr<Ending>> endings;

  // Needs the mutex, as `move_to` does.
  [[nodiscard]] bool is_idle(steady_clock::time_point now) const {
    return state == SessionState::live && holders == 0 && now - last_used >= idle_timeout;
  }

  void release() {
    const std::lock_guard lock(mutex);
    --holders;
    last_used = clock.steady();
  }

  // Needs the mutex. Returns what must be called once it is released.
  std::vector<std::weak_ptr<Ending>> move_to(SessionState next) {
    const bool leaves_live = state != next && (next == SessionState::ending || next == SessionState::gone);
    if (next == SessionState::live) last_used = clock.steady();
    state = next;
    return leaves_live ? std::exchange(endings, {}) : std::vector<std::weak_ptr<Ending>>();
  }
};

namespace {

void fire(const std::vector<std::weak_ptr<Ending>>& endings) {
  for (const auto& ending : endings)
    if (const auto alive = ending.lock()) alive->fire();
}

}  // namespace

void SessionHold::release() {
  if (session_) session_->release();
  session_.reset();
}

SessionHold& SessionHold::operator=(SessionHold&& other) noexcept {
  if (this != &other) {
    release();
    session_ = std::move(other.session_);
  }
  return *this;
}

SessionDirectory::SessionDirectory(const Clock& clock) : clock_(clock) {}

std::shared_ptr<SessionDirectory::Session> SessionDirectory::session(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second;
}

void SessionDirectory::add(std::string id, SessionState state, net::Endpoint agent,
                           std::chrono::seconds idle_timeout) {
  auto made = std::make_shared<Session>(clock_, state, std::move(agent), idle_timeout);
  const std::lock_guard lock(mutex_);
  sessions_[std::move(id)] = std::move(made);
}

bool SessionDirectory::go_live(std::string_view id, net::Endpoint agent) {
  const auto found = session(id);
  if (!found) return false;
  const std::lock_guard lock(found->mutex);
  if (found->state != SessionState::creating) return false;
  found->agent = std::move(agent);
  (void)found->move_to(SessionState::live);  // no callback is due, since this is not an end
  return true;
}

void SessionDirectory::set_state(std::string_view id, SessionState state) {
  const auto found = session(id);
  if (!found) return;
  std::vector<std::weak_ptr<Ending>> endings;
  {
    const std::lock_guard lock(found->mutex);
    endings = found->move_to(state);
  }
  fire(endings);
}

void SessionDirectory::forget(std::string_view id) {
  set_state(id, SessionState::gone);
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found != sessions_.end()) sessions_.erase(found);
}

SessionDirectory::View SessionDirectory::find(std::string_view id) const {
  const auto found = session(id);
  if (!found) return {};
  const std::lock_guard lock(found->mutex);
  return {found->state, found->agent};
}

SessionHold SessionDirectory::hold(std::string_view id, View* view) {
  const auto found = session(id);
  SessionHold hold;
  if (!found) {
    if (view != nullptr) *view = {};
    return hold;
  }
  const std::lock_guard lock(found->mutex);
  if (view != nullptr) *view = {found->state, found->agent};
  if (found->state != SessionState::live) return hold;
  hold.session_ = found;
  ++found->holders;
  return hold;
}

void SessionDirectory::touch(std::string_view id, steady_clock::time_point at) {
  const auto found = session(id);
  if (!found) return;
  const std::lock_guard lock(found->mutex);
  found->last_used = std::max(found->last_used, at);
}

std::size_t SessionDirectory::holders(std::string_view id) const {
  const auto found = session(id);
  if (!found) return 0;
  const std::lock_guard lock(found->mutex);
  return found->holders;
}

std::vector<SessionDirectory::Live> SessionDirectory::live() const {
  std::vector<Live> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, one] : sessions_) {
    const std::lock_guard session_lock(one->mutex);
    if (one->state == SessionState::live) out.push_back({id, one->agent});
  }
  return out;
}

std::size_t SessionDirectory::count(SessionState state) const {
  std::size_t count = 0;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, one] : sessions_) {
    const std::lock_guard session_lock(one->mutex);
    if (one->state == state) ++count;
  }
  return count;
}

std::shared_ptr<void> SessionDirectory::on_ending(std::string_view id, std::function<void()> call) {
  auto ending = std::make_shared<Ending>();
  ending->call = std::move(call);
  const auto found = session(id);
  bool over = !found;
  if (found) {
    const std::lock_guard lock(found->mutex);
    over = found->state == SessionState::ending || found->state == SessionState::gone;
    if (!over) {
      std::erase_if(found->endings, [](const auto& other) { return other.expired(); });
      found->endings.push_back(ending);
    }
  }
  if (over) ending->fire();
  auto* raw = ending.get();
  return std::shared_ptr<void>(raw, [ending](void*) { ending->cancel(); });
}

std::vector<SessionDirectory::Live> SessionDirectory::idle() const {
  std::vector<Live> out;
  const auto now = clock_.steady();
  const std::lock_guard lock(mutex_);
  for (const auto& [id, one] : sessions_) {
    const std::lock_guard session_lock(one->mutex);
    if (one->is_idle(now)) out.push_back({id, one->agent});
  }
  return out;
}

std::vector<std::string> SessionDirectory::begin_expiry(const std::set<std::string>* among) {
  std::vector<std::string> expired;
  std::vector<std::weak_ptr<Ending>> endings;
  {
    const auto now = clock_.steady();
    const std::lock_guard lock(mutex_);
    for (const auto& [id, one] : sessions_) {
      if (among != nullptr && !among->contains(id)) continue;
      const std::lock_guard session_lock(one->mutex);
      if (!one->is_idle(now)) continue;
      for (auto& ending : one->move_to(SessionState::ending)) endings.push_back(std::move(ending));
      expired.push_back(id);
    }
  }
  fire(endings);
  return expired;
}

std::optional<steady_clock::time_point> SessionDirectory::next_expiry() const {
  std::optional<steady_clock::time_point> next;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, one] : sessions_) {
    const std::lock_guard session_lock(one->mutex);
    if (one->state != SessionState::live || one->holders > 0) continue;
    const auto at = one->last_used + one->idle_timeout;
    if (!next || at < *next) next = at;
  }
  return next;
}

}  // namespace wye::metro
