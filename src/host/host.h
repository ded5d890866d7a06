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
  /// A browser without a server ends itself after so long; absent: never.
  std::optional<std::chrono::seconds> alone_within;
  const ArchiveRoom* archive_room = nullptr;  ///< Of each living session; null: the usual one.
  std::int64_t most_spool_blocks = kMostSpoolBlocks;
};

/// What a host tells whoever it works for, on its own threads. The calls must be brief, and may call the
/// host.
struct HostEvents {
  using OfSession = std::function<void(const std::string& id)>;
  OfSession vm_died = [](const std::string&) {};  ///< Of one that ran; it is to be ended.
  OfSession gone = [](const std::string&) {};     ///< Only its archive is left, and nothing will be added.
  std::function<void()> archived = [] {};         ///< The archive has grown, or a session is gone.
};

/// What is on record of a session whose VM is this host's.
struct OwnedSession {
  std::string id;
  std::int64_t created_at = 0;  ///< µs.
  std::string vm;               ///< The driver's record of it; "" = none was launched, as far as is known.
  bool was_live = false;        ///< Then it has a spool, and one that is missing was lost.
};

struct LaunchRequest {
  wire::AgentConfig agent;      ///< The host adds what is its own.
  std::int64_t created_at = 0;  ///< µs.
  std::chrono::steady_clock::time_point answer_by = std::chrono::steady_clock::time_point::max();
};

/// The machine that runs VMs: makes them, watches them, archives what they write, ends them. Of a session's
/// life it writes its own half (`OwnerStore`); what a session is for, and when it ends, others decide. Calls
/// block unless they say otherwise; thread-safe.
class Host {
 public:
  /// What is given must outlive the host.
  Host(OwnerStore& store, Driver& driver, const Clock& clock, const Log& log, HostOptions options);
  ~Host();
  /// Before any other call. From then on until `stop`, events may be told.
  Result<void> start(HostEvents events);
  /// What runs, runs on, and is adopted by the next start.
  void stop();

  /// A session of an earlier server is this host's from now on, whether or not its VM runs. Then either
  /// `adopt` it, which fails when its VM has ended, or `end` it.
  void own(const OwnedSession& session);
  Result<net::Endpoint> adopt(const std::string& id);
  /// A VM whose agent has said that Chromium answers; where it is reached. A launch that failed is ended as
  /// any other.
  Result<net::Endpoint> launch(const LaunchRequest& request);
  /// Begins the end: the VM, the rest of its spool, `gone`. Returns at once; false when there is nothing to
  /// begin, since it ends already or is not here.
  bool end(const std::string& id);

  /// Brings the archive up to the spool's end, for pages that the agent no longer has: at once, or
  /// `overloaded` (503). False when there is no spool to read any more.
  Result<bool> catch_up(const std::string& id);

  /// What is on record of a session whose directory is here.
  enum class Claim { kept, gone, unknown };
  /// Removes directories of sessions that are gone, since the server died before it could, and of ones that
  /// the record does not know (it may be restored from a backup) and where nothing runs.
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
  Jobs endings_, ingests_;            // what waits for processes does not hold up the archive
  std::unique_ptr<Watcher> watcher_;  // last: its callbacks use the rest
};

}  // namespace wye::host
