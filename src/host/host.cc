#include "host/host.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/random.h"
#include "base/try.h"
#include "host/agent_call.h"
#include "host/session_files.h"
#include "wire/agent_paths.h"

namespace wye::host {

using std::chrono::steady_clock;

namespace {

constexpr auto kReadyWithin = std::chrono::seconds(30);
constexpr auto kTryAgain = std::chrono::seconds(1);
constexpr auto kAtOnce = std::chrono::milliseconds(0);  // again when others had their turn
constexpr std::uint64_t kMemoryBytes = 4ULL << 30;
constexpr std::uint64_t kMaxTasks = 2048;
constexpr int kEndingThreads = 4;
constexpr int kIngestThreads = 2;

Result<void> wait_until_ready(const net::Endpoint& agent, steady_clock::time_point answer_by) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(answer_by - steady_clock::now());
  const auto within = std::clamp<std::chrono::milliseconds>(left, std::chrono::milliseconds(1), kReadyWithin);
  const auto answer = call_agent(agent, {.method = "GET", .target = wire::kAgentHealth, .deadline = within});
  if (answer && answer->status == 200) return {};
  return Error{.kind = ErrorKind::internal, .message = "Chromium did not answer; see `wye doctor`"};
}

}  // namespace

Host::Host(OwnerStore& store, Driver& driver, const Clock& clock, const Log& log, HostOptions options)
    : store_(store),
      driver_(driver),
      log_(log),
      options_(std::move(options)),
      archiver_(store, clock, log, options_.archive_room != nullptr ? *options_.archive_room : usual_room_),
      vm_end_(store, driver, archiver_, vms_, clock, log, options_.data_dir),
      oom_teller_(vms_, log),
      endings_(kEndingThreads),
      ingests_(kIngestThreads) {}

Host::~Host() { stop(); }

void Host::stop() {
  endings_.stop();
  ingests_.stop();
  oom_teller_.stop();
  watcher_.reset();  // after those who use it; nobody hears what it still tells
}

Result<void> Host::start(HostEvents events) {
  events_ = std::move(events);
  std::error_code ignored;
  std::filesystem::create_directories(sessions_in(options_.data_dir), ignored);
  WYE_TRY(watcher_, Watcher::start({.died =
                                        [this](const std::string& id) {
                                          if (vms_.runs(id)) events_.vm_died(id);
                                        },
                                    .network_died = [this](const std::string& id) { queue_network(id); },
                                    .spool_grew =
                                        [this](const std::string& id) {
                                          archiver_.grew(id);
                                          queue_ingest(id);
                                        },
                                    .oom_killed = [this](const OomKill& kill) { oom_teller_.tell(kill); }}));
  if (!watcher_->hears_the_kernel())
    log_.info("the kernel's log cannot be read: out-of-memory kills are not told in telemetry");
  return {};
}

void Host::own(const OwnedSession& session) {
  if (!vms_.add(session.id,
                {.record = session.vm, .created_at = session.created_at, .ran = session.was_live}))
    return;
  archiver_.open(session.id, SessionFiles(options_.data_dir, session.id).spool());
}

Result<net::Endpoint> Host::adopt(const std::string& id) {
  const auto known = vms_.find(id);
  if (!known) return Error{.kind = ErrorKind::not_found, .code = "not_found", .message = "no such VM"};
  WYE_TRY(auto vm, driver_.adopt(known->record));
  return begin_to_run(id, std::move(vm));
}

Result<net::Endpoint> Host::launch(const LaunchRequest& request) {
  const auto& id = request.agent.session_id;
  const SessionFiles files(options_.data_dir, id);
  own({.id = id, .created_at = request.created_at});
  if (::mkdir(files.directory.c_str(), 0700) != 0)
    return Error{.kind = ErrorKind::internal, .message = "the data directory is not writable"};
  VmSpec spec{.place = {id, files.directory},
              .agent_path = options_.agent_path,
              .agent = request.agent,
              .memory_bytes = kMemoryBytes,
              .max_tasks = kMaxTasks,
              .allow_host_loopback = options_.allow_host_loopback};
  spec.agent.log_level = options_.agent_log_level;
  if (options_.alone_within) spec.agent.alone_seconds = options_.alone_within->count();
  WYE_TRY(auto vm, driver_.launch(spec));
  vms_.set_record(id, vm.record);
  // From here a restart of the server finds the VM on record and ends it.
  WYE_CHECK(store_.keep_vm(id, vm.record));
  WYE_CHECK(wait_until_ready(vm.agent, request.answer_by));
  return begin_to_run(id, std::move(vm));
}

net::Endpoint Host::begin_to_run(const std::string& id, Vm vm) {
  const SessionFiles files(options_.data_dir, id);
  vms_.start(id, vm.agent);
  holds_.hold(id, vm.agent);
  watcher_->watch_file(id, files.spool());
  watcher_->watch_file(id, files.log());
  watcher_->watch_death(id, std::move(vm.ended));
  watch_network(id, vm.record);
  queue_ingest(id);  // what was written before the watch began
  watch_disk();
  return vm.agent;
}

bool Host::end(const std::string& id) {
  if (!vms_.begin_end(id)) return false;
  endings_.put("end " + id, [this, id, destroyed = false]() mutable -> Jobs::Later {
    const auto done = vm_end_.go_on(id, destroyed);
    if (!done) {
      // The session stays `ending` (503 on both legs) until its archive can be committed.
      log_.warn("session cannot be finished yet", {{"session", id}, {"reason", done.error().message}});
      return kTryAgain;
    }
    if (*done == Archiver::Progress::more) return kAtOnce;
    forget(id);
    events_.archived();
    events_.gone(id);
    return std::nullopt;
  });
  return true;
}

void Host::forget(const std::string& id) {
  holds_.drop(id);
  watcher_->forget(id);
  archiver_.close(id);
  std::error_code error;
  std::filesystem::remove_all(SessionFiles(options_.data_dir, id).directory, error);
  if (error) log_.warn("a directory cannot be removed", {{"session", id}, {"reason", error.message()}});
  vms_.forget(id);
}

Result<bool> Host::catch_up(const std::string& id) {
  const auto before = archiver_.archived();
  auto done = archiver_.catch_up(id);
  if (archiver_.archived() != before) events_.archived();
  return done;
}

void Host::sweep(const std::function<Result<Claim>(const std::string& id)>& claim_of) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(sessions_in(options_.data_dir), ignored)) {
    const auto id = entry.path().filename().string();
    const auto claim = is_id(id) ? claim_of(id) : Result<Claim>(Claim::kept);
    if (!claim || *claim == Claim::kept) continue;
    const VmPlace place{id, entry.path().string()};
    if (*claim == Claim::unknown && driver_.runs(place)) {
      log_.warn("a browser runs that is not on record; end its processes to have its directory removed",
                {{"session", id}});
      continue;
    }
    if (*claim == Claim::unknown) (void)driver_.destroy(place, "");
    std::filesystem::remove_all(entry.path(), ignored);
    log_.info("directory removed", {{"session", id}, {"on_record", *claim == Claim::gone}});
  }
}

}  // namespace wye::host
