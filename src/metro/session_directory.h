#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/endpoint.h"
#include "wye/result.h"

namespace wye::metro {

/// A session's life (routing-contract §7), from which the metro's own answers follow. `creating` and `ending`
/// are transient.
enum class SessionState { unknown, creating, live, ending, gone };

/// Keeps a session from expiring while it exists; its end restarts the idle timer.
class SessionHold {
 public:
  SessionHold() = default;
  SessionHold(SessionHold&& other) noexcept : session_(std::move(other.session_)) {}
  SessionHold& operator=(SessionHold&& other) noexcept;
  ~SessionHold() { release(); }
  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(session_); }

 private:
  friend class SessionDirectory;
  struct Session;
  void release();
  std::shared_ptr<Session> session_;  // shared with the directory, which may forget it first
};

/// Holds in memory which sessions are here, how their VMs are reached, and who holds them. The store is the
/// record: the owner (control/sessions) commits every change there first, except an expiry (see
/// `begin_expiry`). Thread-safe.
class SessionDirectory {
 public:
  explicit SessionDirectory(const Clock& clock);

  void add(std::string id, SessionState state, net::Endpoint agent, std::chrono::seconds idle_timeout);
  /// Moves a session from `creating` to `live`; false for one that is in another state, or is not here (any
  /// more).
  bool go_live(std::string_view id, net::Endpoint agent);
  /// `ending` runs every callback of `on_ending()` (open streams and sockets close at once).
  void set_state(std::string_view id, SessionState state);
  void forget(std::string_view id);

  struct View {
    SessionState state = SessionState::unknown;
    net::Endpoint agent;
  };
  [[nodiscard]] View find(std::string_view id) const;

  /// Returns a hold on a `live` session, taken in the same step as the check; otherwise the session's state.
  [[nodiscard]] SessionHold hold(std::string_view id, View* view);
  /// Restarts the idle timer once.
  void touch(std::string_view id) { touch(id, clock_.steady()); }
  /// Lets it have begun at that time, unless it began later.
  void touch(std::string_view id, std::chrono::steady_clock::time_point at);
  [[nodiscard]] std::size_t holders(std::string_view id) const;

  struct Live {
    std::string id;
    net::Endpoint agent;
  };
  /// Returns all sessions that are `live` now.
  [[nodiscard]] std::vector<Live> live() const;
  [[nodiscard]] std::size_t count(SessionState state) const;

  /// Calls once, from any thread, when the session leaves `live`; at once when it already has. Dropping the
  /// handle cancels the call.
  [[nodiscard]] std::shared_ptr<void> on_ending(std::string_view id, std::function<void()> call);

  /// Returns the sessions that have had no holder for their idle timeout.
  [[nodiscard]] std::vector<Live> idle() const;
  /// Returns those that are idle, each moved `live → ending` in the same step as the check, so that nobody
  /// takes a new hold. The caller commits `ending`, and sets `live` again when that fails. `among`: no
  /// others.
  [[nodiscard]] std::vector<std::string> begin_expiry(const std::set<std::string>* among = nullptr);
  /// Returns when the next session could expire; nothing when none can.
  [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> next_expiry() const;

  /// Sets the function that is asked about ids that are not in memory (it blocks). Call it once, before
  /// serving.
  void set_record_lookup(std::function<SessionState(const std::string&)> lookup) {
    lookup_ = std::move(lookup);
  }
  [[nodiscard]] SessionState look_up_record(const std::string& id) const {
    return lookup_ ? lookup_(id) : SessionState::unknown;
  }

 private:
  using Session = SessionHold::Session;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>()(id); }
  };
  [[nodiscard]] std::shared_ptr<Session> session(std::string_view id) const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  // shared with holds and with calls of on_ending, which may outlive the entry
  std::unordered_map<std::string, std::shared_ptr<Session>, Hash, std::equal_to<>> sessions_;
  std::function<SessionState(const std::string&)> lookup_;
};

}  // namespace wye::metro
