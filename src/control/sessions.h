#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/jobs.h"
#include "base/metrics.h"
#include "base/random.h"
#include "control/store/store.h"
#include "host/agent_files.h"
#include "host/agent_holds.h"
#include "host/archiver.h"
#include "host/driver.h"
#include "host/watcher.h"
#include "metro/session_directory.h"
#include "metro/token.h"

namespace wye::control {

struct SessionsOptions {
  std::string data_dir;
  std::string agent_path;
  bool allow_host_loopback = false;
  bool root = true;  ///< Whether a VM has uids of its own (chromium then runs as 1000 inside).
  std::string agent_log_level = "info";
  std::size_t max_sessions = 256;
  /// A browser without a server ends itself after so long; absent: never.
  std::optional<std::chrono::seconds> alone_within;
  std::function<void()> archived = [] {};  ///< Called when the archive has grown or a session is gone; brief.
  const host::ArchiveRoom* archive_room = nullptr;  ///< Of each living session; null: the usual one.
  std::int64_t most_spool_blocks = host::kMostSpoolBlocks;
};

/// What happened to sessions; may be read on any thread.
struct SessionCounters {
  SharedCounter created, failed;              ///< Creates by outcome.
  SharedCounter deleted, timed_out, vm_died;  ///< Sessions that began to end, by cause.
  SharedCounter at_limit;                     ///< Creates refused at `max_sessions`.
};

/// The life of browser sessions: creating → live → ending → gone, each step committed before it is acted on
/// (docs/adr/0003-session-life.md). Calls block; thread-safe.
class Sessions {
 public:
  Sessions(Store& store, metro::SessionDirectory& directory, host::Driver& driver,
           const metro::TokenVerifier& tokens, const Clock& clock, Random& random, const Log& log,
           SessionsOptions options);
  ~Sessions();

  /// Takes over what an earlier server left: live sessions are adopted, creating and ending ones finished.
  Result<void> start();

  /// A live browser, its DevTools answering; an error by `answer_by` when it is not. `config` is validated
  /// and complete. How many run at once is the caller's to bound (`TurnQueue`).
  Result<Session> create(
      BrowserCreate config, std::optional<std::map<std::string, TelemetryCategory>> telemetry,
      std::chrono::steady_clock::time_point answer_by = std::chrono::steady_clock::time_point::max(),
      std::string export_to = {});
  /// `overloaded` (429) at `max_sessions`.
  [[nodiscard]] Result<void> check_room();
  /// Begins its end: what is committed is that it ends. `not_found` when it is not alive.
  Result<void> remove(const std::string& id);
  /// Calls once when nothing of its end is left to do and its archive is whole, on any thread; at once when
  /// that is so. Not after the sessions are stopped.
  void when_finished(const std::string& id, std::function<void()> call);

  /// How many live, or are on their way there or to their end.
  [[nodiscard]] std::size_t live();
  /// Ends all, makes no more, and waits until their archives are whole; how many are left after `within`.
  std::size_t end_all(std::chrono::milliseconds within);

  /// Brings the archive up to the spool's end, for pages that the agent no longer has: at once, or
  /// `overloaded` (503). False when there is no spool to read any more.
  Result<bool> catch_up(const std::string& id);
  /// The server's own time to look for expired sessions has to be set anew, since a holder came or went.
  void reschedule();

  [[nodiscard]] const SessionCounters& counters() const { return counters_; }
  [[nodiscard]] const host::Archiver& archiver() const { return archiver_; }
  [[nodiscard]] std::size_t creating();

 private:
  [[nodiscard]] Result<void> check_room_locked();
  Result<Session> new_session(BrowserCreate config,
                              std::optional<std::map<std::string, TelemetryCategory>> telemetry,
                              std::string export_to);
  /// The VM of a session on record, its DevTools answering; the session is `live` then.
  Result<host::VmRecord> start_vm(const Session& session, std::chrono::steady_clock::time_point answer_by,
                                  UniqueFd* pidfd);
  /// `conflict` when the session is not where the step begins.
  Result<void> step(const std::string& id, Life from, Life to, const LifeStep& carried);
  void launch_failed(const Session& session);
  Result<void> wait_until_ready(const net::Endpoint& agent, std::chrono::steady_clock::time_point answer_by);
  std::string agent_config(const Session& session) const;
  std::string directory_of(const std::string& id) const { return options_.data_dir + "/sessions/" + id; }
  void sweep();
  Result<void> adopt(const Session& session);
  void become_live(const Session& session, const host::VmRecord& vm, UniqueFd pidfd);
  void watch_network(const std::string& id, const host::VmRecord& vm);
  /// Commits `ending`, tells the metro, and leaves the rest to a job.
  Result<void> begin_end(const std::string& id, std::string_view why);
  void queue_finish(const std::string& id);
  void tell_finished(const std::string& id);
  void queue_ingest(const std::string& id);
  void queue_network(const std::string& id);
  /// A part of it that takes no thread for long. `ended`: whether the VM was, by an earlier part.
  Result<host::Archiver::Progress> finish(const std::string& id, bool& ended);
  void watch_disk();
  bool check_disk(const std::string& id);
  void queue_end_of_oversized(const std::string& id);
  Result<void> end_oversized(const std::string& id);
  void forget(const std::string& id);
  Result<void> restart_network(const std::string& id);
  void on_timer();
  void queue_oom_kill(const host::OomKill& kill);
  void tell_oom_kill(const host::OomKill& kill);

  Store& store_;
  metro::SessionDirectory& directory_;
  host::Driver& driver_;
  const metro::TokenVerifier& tokens_;
  const Clock& clock_;
  Random& random_;
  const Log& log_;
  const SessionsOptions options_;
  const host::ArchiveRoom usual_room_;
  host::Archiver archiver_;
  SessionCounters counters_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t creating_ = 0;
  std::set<std::string> alive_;
  std::map<std::string, std::vector<std::function<void()>>> unfinished_;  // and who waits for it
  bool stopping_ = false, ending_all_ = false;
  std::size_t untold_kills_ = 0;
  std::map<std::string, std::size_t> untold_of_;  // sessions that have some
  std::uint64_t next_kill_ = 0;                   // the watcher's thread
  host::AgentHolds holds_;
  Jobs endings_, ingests_, tellings_;       // what waits for processes does not hold up the archive
  std::unique_ptr<host::Watcher> watcher_;  // last: its callbacks use the rest
};

}  // namespace wye::control
