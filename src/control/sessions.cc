#include "control/sessions.h"

#include "base/timestamp.h"
#include "base/try.h"

namespace wye::control {

using std::chrono::steady_clock;

namespace {

constexpr std::int64_t kTokenSeconds = 365LL * 24 * 3600;  // vm-api §2
constexpr int kThreads = 2;

Error no_browser(const std::string& why) {
  return {.kind = ErrorKind::overloaded,
          .code = "capacity_exhausted",
          .message = "no browser could be started: " + why,
          .status = 529};
}

std::chrono::seconds idle_timeout(const Session& session) {
  return std::chrono::seconds(session.config.timeout_seconds.value_or(60));
}

wire::AgentConfig agent_config(const Session& session) {
  return {.session_id = session.id,
          .stealth = session.config.stealth,
          .viewport = session.config.viewport,
          .start_url = session.config.start_url,
          .telemetry = session.telemetry};
}

}  // namespace

Sessions::Sessions(Store& store, metro::SessionDirectory& directory, host::Host& host,
                   const metro::TokenVerifier& tokens, const Clock& clock, Random& random, const Log& log,
                   SessionsOptions options)
    : store_(store),
      directory_(directory),
      host_(host),
      tokens_(tokens),
      clock_(clock),
      random_(random),
      log_(log),
      options_(std::move(options)),
      admission_(options_.max_sessions),
      vm_use_(directory, clock),
      jobs_(kThreads) {}

Sessions::~Sessions() {
  admission_.give_up();
  jobs_.stop();
  host_.stop();
}

Result<void> Sessions::start() {
  directory_.set_record_lookup([this](const std::string& id) {
    const auto session = store_.session(id);
    if (!session || !*session) return metro::SessionState::unknown;
    return (*session)->life == Life::gone ? metro::SessionState::gone : metro::SessionState::ending;
  });
  WYE_CHECK(host_.start({.vm_died = [this](const std::string& id) { queue_end(id); },
                         .gone = [this](const std::string& id) { become_gone(id); },
                         .archived = options_.archived}));
  WYE_TRY(const auto left, store_.sessions_not_gone());
  for (const auto& session : left) take_over(session);
  host_.sweep([this](const std::string& id) -> Result<host::Host::Claim> {
    WYE_TRY(const auto session, store_.session(id));
    if (!session) return host::Host::Claim::unknown;
    return session->life == Life::gone ? host::Host::Claim::gone : host::Host::Claim::kept;
  });
  return {};
}

// Nobody has seen a session that was being created. One that is ending, or whose VM has died, must still be
// archived.
void Sessions::take_over(const Session& session) {
  const bool lives = session.life == Life::live;
  admission_.take_over(session.id);
  directory_.add(session.id, lives ? metro::SessionState::creating : metro::SessionState::ending, {},
                 idle_timeout(session));
  host_.own({.id = session.id,
             .created_at = session.created_at,
             .vm = session.vm,
             .was_live = lives || session.was_live});
  const auto agent = lives ? host_.adopt(session.id) : Result<net::Endpoint>(Error{});
  if (!agent) return queue_end(session.id);
  if (directory_.go_live(session.id, *agent)) log_.info("session adopted", {{"session", session.id}});
  watch_idle();
}

Result<Session> Sessions::create(BrowserCreate config,
                                 std::optional<std::map<std::string, TelemetryCategory>> telemetry,
                                 steady_clock::time_point answer_by, std::string export_to) {
  auto session = new_session(std::move(config), std::move(telemetry), std::move(export_to));
  WYE_CHECK(admission_.enter(session.id));
  struct Made {
    Admission& admission;
    const std::string id;  // a copy: the session is moved out
    ~Made() { admission.made(id); }
  } const made{admission_, session.id};
  if (const auto kept = store_.insert_session(session); !kept) {
    refuse(session, kept.error());
    return kept.error();
  }
  directory_.add(session.id, metro::SessionState::creating, {}, idle_timeout(session));
  if (const auto live = make_live(session, answer_by); !live) {
    counters_.failed.add();
    log_.error("browser did not start", {{"session", session.id}, {"reason", live.error().message}});
    queue_end(session.id);
    return live.error().status == 503 ? live.error() : no_browser(live.error().message);
  }
  session.life = Life::live;
  counters_.created.add();
  log_.info("session live",
            {{"session", session.id}, {"ms", (clock_.unix_micros() - session.created_at) / 1000}});
  return session;
}

// A conflict means that the name is taken and nothing was committed. After any other error the session may be
// on record, so the host owns and ends it.
void Sessions::refuse(const Session& session, const Error& why) {
  if (why.kind == ErrorKind::conflict) return admission_.leave(session.id);
  host_.own({.id = session.id, .created_at = session.created_at});
  queue_end(session.id);
}

Session Sessions::new_session(BrowserCreate config,
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
  return session;
}

Result<void> Sessions::make_live(const Session& session, steady_clock::time_point answer_by) {
  const Error died{.kind = ErrorKind::internal, .message = "its VM died while it was made"};
  WYE_TRY(const auto agent,
          host_.launch(
              {.agent = agent_config(session), .created_at = session.created_at, .answer_by = answer_by}));
  WYE_TRY(const auto moved, store_.move(session.id, Life::creating, Life::live, {}));
  if (moved == Moved::lost || !directory_.go_live(session.id, agent)) return died;
  watch_idle();
  return {};
}

}  // namespace wye::control
