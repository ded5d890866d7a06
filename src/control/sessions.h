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

/// The record's half of a session's life: creating → live → ending, each step committed before it is acted on
/// (docs/adr/0003-session-life.md). The VM and the last step, to gone, are the host's. Calls block;
/// thread-safe.
class Sessions {
 public:
  Sessions(Store& store, metro::SessionDirectory& directory, host::Host& host,
           const metro::TokenVerifier& tokens, const Clock& clock, Random& random, const Log& log,
           SessionsOptions options = {});
  /// Stops the host, too.
  ~Sessions();

  /// Starts the host and takes over what an earlier server left: live sessions are adopted, creating and
  /// ending ones finished.
  Result<void> start();

  /// A live browser, its DevTools answering; an error by `answer_by` when it is not. `config` is validated
  /// and complete. How many run at once is the caller's to bound (`TurnQueue`).
  Result<Session> create(
      BrowserCreate config, std::optional<std::map<std::string, TelemetryCategory>> telemetry,
      std::chrono::steady_clock::time_point answer_by = std::chrono::steady_clock::time_point::max(),
      std::string export_to = {});
  /// `overloaded` (429) at `max_sessions`.
  [[nodiscard]] Result<void> check_room() { return admission_.check(); }
  /// Begins its end: what is committed is that it ends. `not_found` when it is not alive.
  Result<void> remove(const std::string& id);
  /// Calls once when nothing of its end is left to do and its archive is whole, on any thread; at once when
  /// that is so. Not after the sessions are stopped.
  void when_finished(const std::string& id, std::function<void()> call);

  /// How many live, or are on their way there or to their end.
  [[nodiscard]] std::size_t live() const { return admission_.count(); }
  /// Ends all, makes no more, and waits until their archives are whole; how many are left after `within`.
  std::size_t end_all(std::chrono::milliseconds within);

  /// Brings the archive up to the spool's end, for pages that the agent no longer has: at once, or
  /// `overloaded` (503). False when there is no spool to read any more.
  Result<bool> catch_up(const std::string& id) { return host_.catch_up(id); }

  [[nodiscard]] const SessionCounters& counters() const { return counters_; }
  [[nodiscard]] const Admission& admission() const { return admission_; }
  [[nodiscard]] const host::Archiver& archiver() const { return host_.archiver(); }

 private:
  [[nodiscard]] Session new_session(BrowserCreate config,
                                    std::optional<std::map<std::string, TelemetryCategory>> telemetry,
                                    std::string export_to);
  /// Leaves nothing of one that could not be put on record.
  void refuse(const Session& session, const Error& why);
  /// Its VM, and `live` on record and in the directory.
  Result<void> make_live(const Session& session, std::chrono::steady_clock::time_point answer_by);
  void take_over(const Session& session);
  /// Commits `ending` of a live session, tells the metro, and leaves the rest to the host.
  Result<void> begin_end(const std::string& id, std::string_view why);
  /// Of one whose step to `ending` had an error: ends it when the step was made all the same.
  void look_again(const std::string& id);
  /// Of one that is not to live: its VM died, or it could not be made. Tried until it is committed.
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

  std::mutex mutex_;
  std::map<std::string, std::vector<std::function<void()>>> unfinished_;  // what ends, and who waits for it
  Jobs jobs_;                                                             // last: they use the rest
};

}  // namespace wye::control
