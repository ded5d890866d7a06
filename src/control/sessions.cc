#include "control/sessions.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/timestamp.h"
#include "base/try.h"
#include "control/agent_call.h"
#include "metro/drivers/launch_spec.h"
#include "wire/agent_config.h"
#include "wire/describe.h"

namespace wye::control {

using std::chrono::steady_clock;

namespace {

constexpr auto kReadyWithin = std::chrono::seconds(30);
constexpr auto kRetryFinish = std::chrono::seconds(1);
constexpr std::int64_t kTokenSeconds = 365LL * 24 * 3600;  // vm-api §2
constexpr std::uint64_t kMemoryBytes = 4ULL << 30;
constexpr std::uint64_t kMaxTasks = 2048;
constexpr int kFinishers = 4;
constexpr std::string_view kDeleted = "deleted", kTimedOut = "timed_out", kVmDied = "vm_died";

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

Sessions::Sessions(Store& store, metro::SessionDirectory& directory, metro::Driver& driver,
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
      archiver_(store, clock, log) {}

Sessions::~Sessions() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : finishers_) thread.join();
  watcher_.reset();  // after those who use it; what it still tells is queued for nobody
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
          Watcher::start({.died =
                              [this](const std::string& id) {
                                if (!begin_end(id, kVmDied)) queue_finish(id);
                              },
                          .spool_grew =
                              [this](const std::string& id) {
                                archiver_.grew(id);
                                const std::lock_guard lock(mutex_);
                                if (std::find(to_ingest_.begin(), to_ingest_.end(), id) == to_ingest_.end())
                                  to_ingest_.push_back(id);
                                changed_.notify_all();
                              },
                          .timer = [this] { on_timer(); }}));
  for (int i = 0; i < kFinishers; ++i) finishers_.emplace_back([this] { finisher(); });
  WYE_TRY(const auto left, store_.sessions_not_gone());
  for (const auto& session : left) {
    const auto adopted = session.life == Life::live ? adopt(session) : Result<void>(not_alive());
    if (adopted) continue;
    // A creating one was never shown to anybody; an ending or dead one is to be archived.
    directory_.add(session.id, metro::SessionState::ending, "",
                   std::chrono::seconds(session.config.timeout_seconds.value_or(60)));
    WYE_CHECK(store_.set_life(session.id, Life::ending));
    if (!archiver_.open(session.id, directory_of(session.id) + "/spool"))
      log_.debug("no spool", {{"session", session.id}});
    queue_finish(session.id);
  }
  sweep();
  on_timer();
  return {};
}

// Directories of sessions that are gone: the server died before it could remove them.
void Sessions::sweep() {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(options_.data_dir + "/sessions", ignored)) {
    const auto id = entry.path().filename().string();
    if (!is_id(id)) continue;
    const auto session = store_.session(id);
    if (session && *session && (*session)->life == Life::gone)
      std::filesystem::remove_all(entry.path(), ignored);
  }
}

Result<void> Sessions::adopt(const Session& session) {
  WYE_TRY(const auto vm, wire::from_text<metro::VmRecord>(session.vm));
  WYE_TRY(auto pidfd, driver_.adopt(vm));
  WYE_CHECK(archiver_.open(session.id, directory_of(session.id) + "/spool"));
  become_live(session, vm, std::move(pidfd));
  log_.info("session adopted", {{"session", session.id}});
  return archiver_.ingest(session.id);
}

void Sessions::become_live(const Session& session, const metro::VmRecord& vm, UniqueFd pidfd) {
  directory_.add(session.id, metro::SessionState::live, vm.agent_socket,
                 std::chrono::seconds(session.config.timeout_seconds.value_or(60)));
  watcher_->watch_spool(session.id, directory_of(session.id) + "/spool");
  watcher_->watch_death(session.id, std::move(pidfd));
  {
    const std::lock_guard lock(mutex_);
    alive_.insert(session.id);
  }
  on_timer();
}

std::string Sessions::agent_config(const Session& session) const {
  wire::AgentConfig config{.session_id = session.id,
                           .stealth = session.config.stealth,
                           .viewport = session.config.viewport,
                           .start_url = session.config.start_url,
                           .telemetry = session.telemetry,
                           .log_level = options_.agent_log_level};
  if (options_.root) {
    config.chromium_uid = 1000;
    config.chromium_gid = 1000;
  }
  return wire::agent_config_text(config);
}

Result<void> Sessions::wait_until_ready(const std::string& socket, steady_clock::time_point answer_by) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(answer_by - steady_clock::now());
  const auto within = std::clamp<std::chrono::milliseconds>(left, std::chrono::milliseconds(1), kReadyWithin);
  const auto answer = call_agent(socket, {.method = "GET", .target = "/healthz", .deadline = within});
  if (!answer) return answer.error();
  if (answer->status != 200)
    return Error{
        .kind = ErrorKind::disconnected, .code = "upstream_unavailable", .message = "Chromium did not start"};
  return {};
}

Result<void> Sessions::check_room_locked() {
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
                                 steady_clock::time_point answer_by) {
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
    }
  } const done{*this};

  Session session{.id = new_id(random_),
                  .life = Life::creating,
                  .created_at = clock_.unix_micros(),
                  .config = std::move(config),
                  .telemetry = std::move(telemetry)};
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
  const auto directory = directory_of(session.id);
  if (::mkdir(directory.c_str(), 0700) != 0) {
    launch_failed(session);
    return no_browser("the data directory is not writable");
  }
  auto vm = driver_.launch({.session_id = session.id,
                            .session_dir = directory,
                            .agent_path = options_.agent_path,
                            .agent_config = agent_config(session),
                            .memory_bytes = kMemoryBytes,
                            .max_tasks = kMaxTasks,
                            .allow_host_loopback = options_.allow_host_loopback});
  if (!vm) {
    log_.error("vm launch failed", {{"session", session.id}, {"reason", vm.error().message}});
    launch_failed(session);
    return no_browser(vm.error().message);
  }
  session.vm = wire::to_text(*vm);
  // From here a restart of the server finds the VM on record and ends it.
  auto committed = store_.set_vm(session.id, session.vm, Life::creating);
  auto ready = committed ? wait_until_ready(vm->agent_socket, answer_by) : committed;
  if (ready) ready = store_.set_vm(session.id, session.vm, Life::live);
  auto pidfd = ready ? driver_.adopt(*vm) : Result<UniqueFd>(ready.error());
  if (!pidfd || !archiver_.open(session.id, directory + "/spool")) {
    log_.error("browser did not start",
               {{"session", session.id}, {"reason", pidfd ? "spool" : pidfd.error().message}});
    launch_failed(session);
    return no_browser("Chromium did not answer; see `wye doctor`");
  }
  session.life = Life::live;
  become_live(session, *vm, std::move(*pidfd));
  counters_.created.add();
  log_.info("session live",
            {{"session", session.id}, {"ms", (clock_.unix_micros() - session.created_at) / 1000}});
  return session;
}

void Sessions::launch_failed(const Session& session) {
  counters_.failed.add();
  (void)store_.set_life(session.id, Life::ending);
  directory_.add(session.id, metro::SessionState::ending, "", std::chrono::seconds(60));
  (void)archiver_.open(session.id, directory_of(session.id) + "/spool");
  queue_finish(session.id);
}

Result<void> Sessions::begin_end(const std::string& id, std::string_view why) {
  WYE_TRY(const auto session, store_.session(id));
  if (!session || session->life == Life::gone || session->life == Life::ending) return not_alive();
  WYE_CHECK(store_.set_life(id, Life::ending));
  directory_.set_state(id, metro::SessionState::ending);
  (why == kDeleted ? counters_.deleted : why == kTimedOut ? counters_.timed_out : counters_.vm_died).add();
  log_.info("session ending", {{"session", id}, {"why", why}});
  queue_finish(id);
  return {};
}

void Sessions::queue_finish(const std::string& id) {
  const std::lock_guard lock(mutex_);
  if (unfinished_.insert(id).second) to_finish_.push_back(id);
  changed_.notify_all();
}

Result<void> Sessions::remove(const std::string& id) {
  WYE_CHECK(begin_end(id, kDeleted));
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, options_.archive_within, [&] { return unfinished_.count(id) == 0 || stopping_; });
  return {};
}

// Everything of the VM ends first; then the rest of the spool; then `gone` is committed; then the directory
// goes.
Result<void> Sessions::finish(const std::string& id) {
  WYE_TRY(auto session, store_.session(id));
  if (!session || session->life == Life::gone) return {};
  if (session->life != Life::ending) {
    WYE_CHECK(store_.set_life(id, Life::ending));
    directory_.set_state(id, metro::SessionState::ending);
  }
  if (session->vm.empty()) {
    WYE_CHECK(driver_.destroy(driver_.find(id, directory_of(id))));
  } else {
    WYE_TRY(const auto vm, wire::from_text<metro::VmRecord>(session->vm));
    WYE_CHECK(driver_.destroy(vm));
  }
  WYE_CHECK(archiver_.finish(id));
  const auto now = clock_.unix_micros();
  WYE_CHECK(store_.set_gone(id, now, (now - session->created_at) / 1000));
  directory_.set_state(id, metro::SessionState::gone);
  directory_.forget(id);
  watcher_->forget(id);
  archiver_.close(id);
  std::error_code ignored;
  std::filesystem::remove_all(directory_of(id), ignored);
  log_.info("session gone", {{"session", id}});
  return {};
}

void Sessions::finisher() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!to_ingest_.empty()) {
      const auto id = to_ingest_.front();
      to_ingest_.pop_front();
      lock.unlock();
      if (const auto done = archiver_.ingest(id); !done)
        log_.warn("archiving failed", {{"session", id}, {"reason", done.error().message}});
      lock.lock();
      continue;
    }
    if (to_finish_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto id = to_finish_.front();
    to_finish_.pop_front();
    lock.unlock();
    const auto done = finish(id);
    lock.lock();
    if (done) {
      unfinished_.erase(id);
      alive_.erase(id);
      changed_.notify_all();
      continue;
    }
    // The session stays `ending` (503 on both legs) until its archive can be committed.
    log_.warn("session cannot be finished yet", {{"session", id}, {"reason", done.error().message}});
    changed_.wait_for(lock, kRetryFinish, [&] { return stopping_; });
    to_finish_.push_back(id);
  }
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
