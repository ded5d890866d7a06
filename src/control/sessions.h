#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/jobs.h"
#include "base/metrics.h"
#include "base/random.h"
#include "control/admission.h"
#include "control/store/store.h"
#include "control/vm_use.h"
#include "host/host.h"
#include "metro/session_directory.h"
#include "metro/token.h"

namespace wye::control {

struct SessionsOptions {
  std::size_t max_sessions = 256;
  std::function<void()> archived = [] {};  ///< Called when the archive has grown or a session is gone; brief.
};

/// What happened to sessions; may be read on any thread.
struct SessionCounters {
  SharedCounter created, failed;              ///< Creates by outcome.
  SharedCounter deleted, timed_out, vm_died;  ///< Sessions that began to end, by cause.
};

/// The record's half of a session's life: creating → live → ending. Each step is committed before it is acted
/// on (docs/adr/0003-session-life.md). The host has the VM, and the last step to gone. Calls block;
/// thread-safe.
class Sessions {
 public:
  Sessions(Store& store, metro::SessionDirectory& directory, host::Host& host,
           const metro::TokenVerifier& tokens, const Clock& clock, Random& random, const Log& log,
           SessionsOptions options = {});
  /// Stops the host, too.
  ~Sessions();

  /// Starts the host and takes over what an earlier server left: it adopts live sessions, and finishes those
  /// that were being created or ended.
  Result<void> start();

  /// Makes a live browser whose DevTools answer; an error by `answer_by` when that fails. `config` is
  /// validated and complete. The caller bounds how many run at once (`TurnQueue`).
  Result<Session> create(
      BrowserCreate config, std::optional<std::map<std::string, TelemetryCategory>> telemetry,
      std::chrono::steady_clock::time_point answer_by = std::chrono::steady_clock::time_point::max(),
      std::string export_to = {});
  /// Fails with `overloaded` (429) at `max_sessions`.
  [[nodiscard]] Result<void> check_room() { return admission_.check(); }
  /// Begins its end, which is committed when this returns. `not_found` when it is not alive.
  Result<void> remove(const std::string& id);
  /// Calls once, on any thread, when nothing of its end is left to do and its archive is whole; at once when
  /// that is so already. It does not call after the sessions are stopped.
  void when_finished(const std::string& id, std::function<void()> call);

  /// Returns how many are live, being made or ending.
  [[nodiscard]] std::size_t live() const { return admission_.count(); }
  /// Ends all, makes no more, and waits until their archives are whole. Returns how many are left after
  /// `within`.
  std::size_t end_all(std::chrono::milliseconds within);

  /// Brings the archive up to the spool's end, for pages that the agent no longer has. It does so at once, or
  /// fails with `overloaded` (503). Returns false when there is no spool to read any more.
  Result<bool> catch_up(const std::string& id) { return host_.catch_up(id); }

  [[nodiscard]] const SessionCounters& counters() const { return counters_; }
  [[nodiscard]] const Admission& admission() const { return admission_; }
  [[nodiscard]] const host::Archiver& archiver() const { return host_.archiver(); }

 private:
  [[nodiscard]] Session new_session(BrowserCreate config,
                                    std::optional<std::map<std::string, TelemetryCategory>> telemetry,
                                    std::string export_to);
  /// Removes all traces of a session that could not be put on record.
  void refuse(const Session& session, const Error& why);
  /// Makes its VM, and sets `live` on record and in the directory.
  Result<void> make_live(const Session& session, std::chrono::steady_clock::time_point answer_by);
  void take_over(const Session& session);
  /// Commits `ending` of a live session, tells the metro, and leaves the rest to the host.
  Result<void> begin_end(const std::string& id, std::string_view why);
  /// Looks at a session whose step to `ending` had an error, and ends it when the step was made all the same.
  void look_again(const std::string& id);
  /// Ends a session that must not live: its VM died, or it could not be made. Tries until that is committed.
  void queue_end(const std::string& id);
  Result<void> end_anyhow(const std::string& id);
  void hand_to_host(const std::string& id);
  void become_gone(const std::string& id);
  void watch_idle();
  Jobs::Later end_idle();

  Store& store_;
  metro::SessionDirectory& directory_;
  host::Host& host_;
  const metro::TokenVerifier& tokens_;
  const Clock& clock_;
  Random& random_;
  const Log& log_;
  const SessionsOptions options_;
  SessionCounters counters_;
  Admission admission_;
  VmUse vm_use_;  // of the job that looks at idle sessions

  std::mutex mutex_;
  // Sessions that end, and who waits for each.
  std::map<std::string, std::vector<std::function<void()>>> unfinished_;
  Jobs jobs_;  // last: they use the rest
};

}  // namespace wye::control
