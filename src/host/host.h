#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/jobs.h"
#include "base/log.h"
#include "host/agent_files.h"
#include "host/agent_holds.h"
#include "host/archiver.h"
#include "host/driver.h"
#include "host/oom_teller.h"
#include "host/owner_store.h"
#include "host/vm_end.h"
#include "host/vms.h"
#include "host/watcher.h"

namespace wye::host {

struct HostOptions {
  std::string data_dir;
  std::string agent_path;  ///< The `wye-vm` binary.
  bool allow_host_loopback = false;
  std::string agent_log_level = "info";
  /// How long a browser without a server lives before it ends itself; absent: for ever.
  std::optional<std::chrono::seconds> alone_within;
  const ArchiveRoom* archive_room = nullptr;  ///< The room of each living session; null: the default.
  std::int64_t most_spool_blocks = kMostSpoolBlocks;
};

/// What a host tells its caller, on its own threads. The calls must be brief, and may call the host.
struct HostEvents {
  using OfSession = std::function<void(const std::string& id)>;
  OfSession vm_died = [](const std::string&) {};  ///< A VM that ran has died; it is to be ended.
  /// Only the archive of the session is left, and nothing will be added to it.
  OfSession gone = [](const std::string&) {};
  std::function<void()> archived = [] {};  ///< The archive has grown, or a session is gone.
};

/// What is on record of a session whose VM is this host's.
struct OwnedSession {
  std::string id;
  std::int64_t created_at = 0;  ///< µs.
  /// The driver's record of its VM; "" when none was launched, as far as is known.
  std::string vm;
  /// Whether it was live: then it has a spool, and one that is missing was lost.
  bool was_live = false;
};

struct LaunchRequest {
  wire::AgentConfig agent;      ///< What the caller knows of it; the host adds the rest.
  std::int64_t created_at = 0;  ///< µs.
  std::chrono::steady_clock::time_point answer_by = std::chrono::steady_clock::time_point::max();
};

/// The machine that runs VMs: it makes them, watches them, archives what they write, and ends them. It writes
/// its own half of a session's life (`OwnerStore`); others decide what a session is for and when it ends.
/// Calls block unless they say otherwise; thread-safe.
class Host {
 public:
  /// The arguments must outlive the host.
  Host(OwnerStore& store, Driver& driver, const Clock& clock, const Log& log, HostOptions options);
  ~Host();
  /// Starts the threads. Called first. From then on until `stop`, events may be told.
  Result<void> start(HostEvents events);
  /// Stops the threads. VMs run on, and are adopted by the next start.
  void stop();

  /// Makes a session of an earlier server this host's, whether or not its VM runs. Then either `adopt` it,
  /// which fails when its VM has ended, or `end` it.
  void own(const OwnedSession& session);
  Result<net::Endpoint> adopt(const std::string& id);
  /// Makes a VM and waits until its agent says that Chromium answers. Returns where it is reached. A launch
  /// that fails is ended like any other VM.
  Result<net::Endpoint> launch(const LaunchRequest& request);
  /// Begins the end: the VM, the rest of its spool, `gone`. Returns at once; false when the session ends
  /// already or is not here.
  bool end(const std::string& id);

  /// Brings the archive up to the spool's end, for pages that the agent no longer has. It does so at once, or
  /// fails with `overloaded` (503). Returns false when there is no spool to read any more.
  Result<bool> catch_up(const std::string& id);

  /// What the record says of a session whose directory is here.
  enum class Claim { kept, gone, unknown };
  /// Removes the directories of sessions that are gone (the server died before it could), and of sessions
  /// that the record does not know (it may be restored from a backup) while nothing runs there.
  void sweep(const std::function<Result<Claim>(const std::string& id)>& claim_of);

  [[nodiscard]] const Archiver& archiver() const { return archiver_; }

 private:
  net::Endpoint begin_to_run(const std::string& id, Vm vm);
  void queue_end(const std::string& id);
  void forget(const std::string& id);
  void queue_ingest(const std::string& id);
  void watch_disk();
  bool check_disk(const std::string& id);
  void queue_end_of_oversized(const std::string& id);
  void watch_network(const std::string& id, const std::string& record);
  void queue_network(const std::string& id);
  Result<void> restart_network(const std::string& id);

  OwnerStore& store_;
  Driver& driver_;
  const Log& log_;
  const HostOptions options_;
  const ArchiveRoom usual_room_;
  HostEvents events_;
  Vms vms_;
  Archiver archiver_;
  VmEnd vm_end_;
  AgentHolds holds_;
  OomTeller oom_teller_;
  Jobs endings_, ingests_;            // two queues: what waits for processes does not hold up the archive
  std::unique_ptr<Watcher> watcher_;  // last: its callbacks use the rest
};

}  // namespace wye::host
