#include "control/sessions.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/timestamp.h"
#include "base/try.h"
#include "host/agent_call.h"
#include "host/bubblewrap/launch_spec.h"
#include "wire/agent_config.h"
#include "wire/describe.h"

namespace wye::control {

using std::chrono::steady_clock;

namespace {

constexpr std::chrono::milliseconds kLastWordWithin{200};
constexpr auto kReadyWithin = std::chrono::seconds(30);
constexpr auto kTryAgain = std::chrono::seconds(1);
constexpr std::int64_t kTokenSeconds = 365LL * 24 * 3600;  // vm-api §2
constexpr std::uint64_t kMemoryBytes = 4ULL << 30;
constexpr std::uint64_t kMaxTasks = 2048;
constexpr std::string_view kDeleted = "deleted", kTimedOut = "timed_out", kVmDied = "vm_died";
constexpr int kEndingThreads = 4;
constexpr int kIngestThreads = 2;
constexpr auto kAtOnce = std::chrono::milliseconds(0);  // when others had their turn

Error no_browser(const std::string& why) {
  return {.kind = ErrorKind::overloaded,
          .code = "capacity_exhausted",
          .message = "no browser could be started: " + why,
          .status = 529};
}
Error not_alive() {
  return {.kind = ErrorKind::not_found, .code = "not_found", .message = "no such browser"};
}

}  // namespace

Sessions::Sessions(Store& store, metro::SessionDirectory& directory, host::Driver& driver,
                   const metro::TokenVerifier& tokens, const Clock& clock, Random& random, const Log& log,
                   SessionsOptions options)
    : store_(store),
      directory_(directory),
      driver_(driver),
      tokens_(tokens),
      clock_(clock),
      random_(random),
      log_(log),
      options_(std::move(options)),
      archiver_(store, clock, log, options_.archive_room != nullptr ? *options_.archive_room : usual_room_),
      endings_(kEndingThreads),
      ingests_(kIngestThreads),
      tellings_(1) {}

Sessions::~Sessions() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  endings_.stop();
  ingests_.stop();
  tellings_.stop();
  watcher_.reset();  // after those who use it; what it still tells is put for nobody
}

Result<void> Sessions::start() {
  std::error_code ignored;
  std::filesystem::create_directories(options_.data_dir + "/sessions", ignored);
  directory_.set_record_lookup([this](const std::string& id) {
    const auto session = store_.session(id);
    if (!session || !*session) return metro::SessionState::unknown;
    return (*session)->life == Life::gone ? metro::SessionState::gone : metro::SessionState::ending;
  });
  WYE_TRY(watcher_,
          host::Watcher::start({.died =
                                    [this](const std::string& id) {
                                      if (!begin_end(id, kVmDied)) queue_finish(id);
                                    },
                                .network_died = [this](const std::string& id) { queue_network(id); },
                                .spool_grew =
                                    [this](const std::string& id) {
                                      archiver_.grew(id);
                                      queue_ingest(id);
                                    },
                                .timer = [this] { on_timer(); },
                                .oom_killed = [this](const host::OomKill& kill) { queue_oom_kill(kill); }}));
  if (!watcher_->hears_the_kernel())
    log_.info("the kernel's log cannot be read: out-of-memory kills are not told in telemetry");
  WYE_TRY(const auto left, store_.sessions_not_gone());
  for (const auto& session : left) {
    const auto adopted = session.life == Life::live ? adopt(session) : Result<void>(not_alive());
    if (adopted) continue;
    // A creating one was never shown to anybody; an ending or dead one is to be archived.
    directory_.add(session.id, metro::SessionState::ending, {},
                   std::chrono::seconds(session.config.timeout_seconds.value_or(60)));
    archiver_.open(session.id, directory_of(session.id) + "/spool");
    queue_finish(session.id);
  }
  sweep();
  on_timer();
  return {};
}

// Directories of sessions that are gone, since the server died before it could remove them, and of ones that
// the record does not know (it may be restored from a backup) and where nothing runs.
void Sessions::sweep() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(options_.data_dir + "/sessions", ignored)) {
    const auto id = entry.path().filename().string();
    const auto session = is_id(id) ? store_.session(id) : Result<std::optional<Session>>(not_alive());
    if (!session || (*session && (*session)->life != Life::gone)) continue;
    if (!*session && driver_.runs(directory_of(id))) {
      log_.warn("a browser runs that is not on record; end its processes to have its directory removed",
                {{"session", id}});
      continue;
    }
    if (!*session) (void)driver_.destroy(driver_.find(id, directory_of(id)));
    std::filesystem::remove_all(entry.path(), ignored);
    log_.info("directory removed", {{"session", id}, {"on_record", session->has_value()}});
  }
}

Result<void> Sessions::adopt(const Session& session) {
  WYE_TRY(const auto vm, wire::from_text<host::VmRecord>(session.vm));
  WYE_TRY(auto pidfd, driver_.adopt(vm));
  become_live(session, vm, std::move(pidfd));
  log_.info("session adopted", {{"session", session.id}});
  return {};
}

void Sessions::become_live(const Session& session, const host::VmRecord& vm, UniqueFd pidfd) {
  const auto spool = directory_of(session.id) + "/spool";
  archiver_.open(session.id, spool);
  directory_.add(session.id, metro::SessionState::live, net::Endpoint::unix_socket(vm.agent_socket),
                 std::chrono::seconds(session.config.timeout_seconds.value_or(60)));
  {
    const std::lock_guard lock(mutex_);
    alive_.insert(session.id);
  }
  holds_.hold(session.id, net::Endpoint::unix_socket(vm.agent_socket));
  watcher_->watch_file(session.id, spool);
  watcher_->watch_file(session.id, directory_of(session.id) + "/agent.log");
  watcher_->watch_death(session.id, std::move(pidfd));
  watch_network(session.id, vm);
  queue_ingest(session.id);  // what was written before it was watched
  watch_disk();
  on_timer();
}

void Sessions::watch_network(const std::string& id, const host::VmRecord& vm) {
  auto helper = driver_.network_helper(vm);
  if (!helper) return queue_network(id);
  watcher_->watch_network(id, std::move(*helper));
  // The session may have ended, and been forgotten, in between.
  if (directory_.find(id).state != metro::SessionState::live) watcher_->forget(id);
}

std::string Sessions::agent_config(const Session& session) const {
  wire::AgentConfig config{.session_id = session.id,
                           .stealth = session.config.stealth,
                           .viewport = session.config.viewport,
                           .start_url = session.config.start_url,
                           .telemetry = session.telemetry,
                           .log_level = options_.agent_log_level};
  if (options_.alone_within) config.alone_seconds = options_.alone_within->count();
  if (options_.root) {
    config.chromium_uid = 1000;
    config.chromium_gid = 1000;
  }
  return wire::agent_config_text(config);
}

Result<void> Sessions::wait_until_ready(const net::Endpoint& agent, steady_clock::time_point answer_by) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(answer_by - steady_clock::now());
  const auto within = std::clamp<std::chrono::milliseconds>(left, std::chrono::milliseconds(1), kReadyWithin);
  const auto answer = host::call_agent(agent, {.method = "GET", .target = "/healthz", .deadline = within});
  if (!answer) return answer.error();
  if (answer->status != 200)
    return Error{
        .kind = ErrorKind::disconnected, .code = "upstream_unavailable", .message = "Chromium did not start"};
  return {};
}

Result<void> Sessions::check_room_locked() {
  if (ending_all_)
    return Error{.kind = ErrorKind::overloaded,
                 .code = "server_stopping",
                 .message = "this server is stopping and ends its browsers"};
  if (alive_.size() + creating_ < options_.max_sessions) return {};
  counters_.at_limit.add();
  return Error{.kind = ErrorKind::overloaded,
               .code = "concurrency_limit",
               .message = "this server runs its most browsers; delete one first"};
}

Result<void> Sessions::check_room() {
  const std::lock_guard lock(mutex_);
  return check_room_locked();
}

std::size_t Sessions::creating() {
  const std::lock_guard lock(mutex_);
  return creating_;
}

Result<Session> Sessions::create(BrowserCreate config,
                                 std::optional<std::map<std::string, TelemetryCategory>> telemetry,
                                 steady_clock::time_point answer_by, std::string export_to) {
  {
    const std::lock_guard lock(mutex_);
    WYE_CHECK(check_room_locked());
    ++creating_;
  }
  struct Done {
    Sessions& sessions;
    ~Done() {
      const std::lock_guard lock(sessions.mutex_);
      --sessions.creating_;
      sessions.changed_.notify_all();
    }
  } const done{*this};

  WYE_TRY(auto session, new_session(std::move(config), std::move(telemetry), std::move(export_to)));
  UniqueFd pidfd;
  const auto vm = start_vm(session, answer_by, &pidfd);
  if (!vm) {
    log_.error("browser did not start", {{"session", session.id}, {"reason", vm.error().message}});
    launch_failed(session);
    return vm.error().status == 503 ? vm.error() : no_browser(vm.error().message);
  }
  session.life = Life::live;
  session.vm = wire::to_text(*vm);
  become_live(session, *vm, std::move(pidfd));
  counters_.created.add();
  log_.info("session live",
            {{"session", session.id}, {"ms", (clock_.unix_micros() - session.created_at) / 1000}});
  return session;
}

Result<Session> Sessions::new_session(BrowserCreate config,
                                      std::optional<std::map<std::string, TelemetryCategory>> telemetry,
                                      std::string export_to) {
  Session session{.id = new_id(random_),
                  .life = Life::creating,
                  .created_at = clock_.unix_micros(),
                  .config = std::move(config),
                  .telemetry = std::move(telemetry),
                  .export_to = std::move(export_to)};
  const auto now = session.created_at / 1'000'000;
  session.jwt = tokens_.sign({.session_id = session.id,
                              .org_id = "default",
                              .project_id = "default",
                              .user_id = "default",
                              .metro = session.config.region.value_or(""),
                              .headless = session.config.headless.value_or(true),
                              .stealth = session.config.stealth.value_or(false),
                              .timeout_seconds = session.config.timeout_seconds.value_or(60),
                              .created_at = rfc3339(session.created_at),
                              .lease = 1,
                              .iat = now,
                              .exp = now + kTokenSeconds});
  WYE_CHECK(store_.insert_session(session));
  return session;
}

Result<host::VmRecord> Sessions::start_vm(const Session& session, steady_clock::time_point answer_by,
                                          UniqueFd* pidfd) {
  const auto directory = directory_of(session.id);
  if (::mkdir(directory.c_str(), 0700) != 0)
    return Error{.kind = ErrorKind::internal, .message = "the data directory is not writable"};
  WYE_TRY(auto vm, driver_.launch({.session_id = session.id,
                                   .session_dir = directory,
                                   .agent_path = options_.agent_path,
                                   .agent_config = agent_config(session),
                                   .memory_bytes = kMemoryBytes,
                                   .max_tasks = kMaxTasks,
                                   .allow_host_loopback = options_.allow_host_loopback}));
  // From here a restart of the server finds the VM on record and ends it.
  const auto record = wire::to_text(vm);
  WYE_CHECK(step(session.id, Life::creating, Life::creating, {.vm = record}));
  if (!wait_until_ready(net::Endpoint::unix_socket(vm.agent_socket), answer_by))
    return Error{.kind = ErrorKind::internal, .message = "Chromium did not answer; see `wye doctor`"};
  WYE_CHECK(step(session.id, Life::creating, Life::live, {.vm = record}));
  WYE_TRY(*pidfd, driver_.adopt(vm));
  return vm;
}

Result<void> Sessions::step(const std::string& id, Life from, Life to, const LifeStep& carried) {
  WYE_TRY(const auto moved, store_.move(id, from, to, carried));
  if (moved == Moved::made) return {};
  return Error{.kind = ErrorKind::conflict,
               .code = "conflict",
               .message = "the session is not " + std::string(to_string(from)) + " any more"};
}

void Sessions::launch_failed(const Session& session) {
  counters_.failed.add();
  (void)store_.move(session.id, Life::creating, Life::ending, {});
  directory_.add(session.id, metro::SessionState::ending, {}, std::chrono::seconds(60));
  archiver_.open(session.id, directory_of(session.id) + "/spool");
  queue_finish(session.id);
}

Result<void> Sessions::begin_end(const std::string& id, std::string_view why) {
  WYE_TRY(const auto session, store_.session(id));
  // One that is being created is nobody's yet: whoever creates it ends it, too.
  if (!session || session->life != Life::live) return not_alive();
  WYE_TRY(const auto moved, store_.move(id, Life::live, Life::ending, {}));
  if (moved == Moved::lost) return not_alive();  // somebody else ends it
  directory_.set_state(id, metro::SessionState::ending);
  (why == kDeleted ? counters_.deleted : why == kTimedOut ? counters_.timed_out : counters_.vm_died).add();
  log_.info("session ending", {{"session", id}, {"why", why}});
  queue_finish(id);
  return {};
}

void Sessions::queue_finish(const std::string& id) {
  {
    const std::lock_guard lock(mutex_);
    unfinished_.try_emplace(id);
  }
  endings_.put(
      "finish " + id, [this, id, ended = false]() mutable -> std::optional<std::chrono::milliseconds> {
        const auto done = finish(id, ended);
        if (!done) {
          // The session stays `ending` (503 on both legs) until its archive can be committed.
          log_.warn("session cannot be finished yet", {{"session", id}, {"reason", done.error().message}});
          return kTryAgain;
        }
        if (*done == host::Archiver::Progress::more) return kAtOnce;
        tell_finished(id);
        return std::nullopt;
      });
}

Result<void> Sessions::remove(const std::string& id) { return begin_end(id, kDeleted); }

void Sessions::tell_finished(const std::string& id) {
  std::vector<std::function<void()>> waiting;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = unfinished_.find(id); found != unfinished_.end()) {
      waiting = std::move(found->second);
      unfinished_.erase(found);
    }
    alive_.erase(id);
    changed_.notify_all();
  }
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

// Everything of the VM ends first; then the rest of the spool is archived, which may take several turns; then
// `gone` is committed; then the directory goes.
Result<host::Archiver::Progress> Sessions::finish(const std::string& id, bool& ended) {
  WYE_TRY(const auto session, store_.session(id));
  if (session && session->life != Life::gone) {
    if (session->life != Life::ending) {
      WYE_CHECK(step(id, session->life, Life::ending, {}));
      directory_.set_state(id, metro::SessionState::ending);
    }
    if (!ended) {
      const auto vm = wire::from_text<host::VmRecord>(session->vm);  // "" before there was one
      // Its last events say why its clients' connections end; one that hangs is not waited for.
      if (vm && !vm->agent_socket.empty())
        (void)host::call_agent(net::Endpoint::unix_socket(vm->agent_socket),
                               {.method = "POST", .target = "/ending", .deadline = kLastWordWithin});
      WYE_CHECK(driver_.destroy(vm ? *vm : driver_.find(id, directory_of(id))));
      ended = true;
    }
    WYE_TRY(const auto archived, archiver_.finish(id));
    if (archived == host::Archiver::Progress::more) return archived;
    const auto now = std::max(clock_.unix_micros(), session->created_at);  // a clock may have been set back
    WYE_CHECK(step(id, Life::ending, Life::gone,
                   {.deleted_at = now,
                    .uptime_ms = (now - session->created_at) / 1000,
                    .archived_to = archiver_.mark(id)}));
    log_.info("session gone", {{"session", id}});
    options_.archived();
  }
  forget(id);
  return host::Archiver::Progress::done;
}

void Sessions::forget(const std::string& id) {
  directory_.set_state(id, metro::SessionState::gone);
  directory_.forget(id);
  holds_.drop(id);
  watcher_->forget(id);
  archiver_.close(id);
  std::error_code error;
  std::filesystem::remove_all(directory_of(id), error);
  if (error) log_.warn("a directory cannot be removed", {{"session", id}, {"reason", error.message()}});
}

void Sessions::on_timer() {
  for (const auto& id : directory_.begin_expiry())
    if (const auto begun = begin_end(id, kTimedOut); !begun && begun.error().kind != ErrorKind::not_found)
      directory_.set_state(id, metro::SessionState::live);
  reschedule();
}

void Sessions::reschedule() {
  constexpr auto kLookAgain =
      std::chrono::seconds(5);  // holders come and go without telling; vm-api §6 allows ±5 s
  const auto next = directory_.next_expiry();
  if (next && watcher_)
    watcher_->set_timer(std::max(*next, std::chrono::steady_clock::now() + std::chrono::milliseconds(10)));
  const std::lock_guard lock(mutex_);
  if (!next && watcher_ && !alive_.empty())
    watcher_->set_timer(std::chrono::steady_clock::now() + kLookAgain);
}

}  // namespace wye::control
