#include "vm/agent.h"

#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/encoding.h"
#include "base/random.h"
#include "base/try.h"
#include "net/socket.h"
#include "vm/cdp/cdp_calls.h"
#include "vm/chromium/configured_options.h"
#include "vm/computer/computer_calls.h"
#include "vm/curl/curl_calls.h"
#include "vm/display/display_calls.h"
#include "vm/fs/fs_calls.h"
#include "vm/lifecycle/lifecycle_calls.h"
#include "vm/logs/log_calls.h"
#include "vm/logs/read_output.h"
#include "vm/playwright/playwright_calls.h"
#include "vm/process/process_calls.h"
#include "vm/repl/repl_calls.h"
#include "vm/telemetry/categories.h"
#include "vm/telemetry/telemetry_calls.h"

namespace wye::vm {

namespace asio = boost::asio;

namespace {

constexpr auto kHiddenPageWithin = std::chrono::seconds(5);
constexpr auto kFirstPageWithin =
    std::chrono::seconds(10);  // a new Chromium's first page is slow on a busy machine

// A name by which our scripts in pages recognize each other, and which nobody else knows.
std::string random_name() {
  SystemRandom random;
  std::array<std::uint8_t, 12> bytes;
  random.fill(bytes);
  return hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

VmUsers users_of(const wire::AgentConfig& config) {
  return {.uid = config.chromium_uid.value_or(-1),
          .gid = config.chromium_gid.value_or(-1),
          .home = config.home.value_or("/home/kernel")};
}

WorkerOptions worker_options(const wire::AgentConfig& config) {
  WorkerOptions options;
  options.home = config.home.value_or(options.home);
  options.uid = config.chromium_uid.value_or(options.uid);
  options.gid = config.chromium_gid.value_or(options.gid);
  return options;
}

std::optional<std::chrono::seconds> alone_within(const wire::AgentConfig& config) {
  if (!config.alone_seconds) return std::nullopt;
  return std::chrono::seconds(*config.alone_seconds);
}

FilesUser files_user(const wire::AgentConfig& config) {
  return {.uid = config.chromium_uid.value_or(-1), .gid = config.chromium_gid.value_or(-1)};
}

}  // namespace

Agent::Agent(asio::io_context& io, const wire::AgentConfig& config, events::SpoolLog spool,
             const Clock& clock, const Log& log, ServiceLogs& logs)
    : io_(io),
      log_(log),
      hub_(clock, log, std::move(spool)),
      telemetry_(clock, hub_),
      streams_(io, hub_),
      collector_(io, clock, log, hub_, config.stealth.value_or(false), random_name()),
      browser_(io, configured_options(config), config.start_url.value_or(""), log, on_chromium()),
      relay_(io, browser_, hub_),
      curl_(io, config.home.value_or("/home/kernel") + "/.wye-curl"),
      display_(io, browser_,
               [this] { return curl_.hidden_target(std::chrono::steady_clock::now() + kHiddenPageWithin); }),
      computer_(io, display_),
      file_threads_(io, files_user(config)),
      archives_{io, file_threads_, files_user(config), VmPath::home_of(config.home.value_or("/home/kernel"))},
      watches_(io, file_threads_),
      commands_(io, users_of(config), log),
      exec_(io, commands_),
      processes_(io, commands_, clock),
      executors_(io, clock, browser_, worker_options(config)),
      repl_(io, browser_, worker_options(config)),
      logs_(logs),
      clock_(clock),
      log_streams_(io, clock, logs, file_threads_),
      calls_(hub_),
      server_(io, [this](net::Exchange& exchange) { return calls_.serve(exchange); }),
      server_watch_(io, alone_within(config), [this] { left_alone(); }),
      orphans_(io,
               [this](pid_t pid) {
                 return browser_.owns(pid) || commands_.owns(pid) || executors_.owns(pid) || repl_.owns(pid);
               }),
      signals_(io) {
  register_calls();
  if (!config.telemetry) return;
  Categories on;
  std::optional<TelemetryCommands> commands;
  for (const auto& [name, setting] : *config.telemetry) {
    if (setting.enabled) on.insert(name);
    if (name == "control") commands = setting.cdp;
  }
  hub_.configure(std::move(on), std::move(commands));
}

void Agent::register_calls() {
  register_lifecycle_calls(calls_, {.browser = browser_,
                                    .relay = relay_,
                                    .telemetry = hub_,
                                    .streams = streams_,
                                    .servers = server_watch_,
                                    .processes = processes_,
                                    .chromium_ends = chromium_ends_});
  register_telemetry_calls(calls_, telemetry_, streams_, collector_);
  register_curl_calls(calls_, curl_, browser_);
  register_cdp_calls(calls_, io_, relay_, browser_, curl_);
  register_display_calls(calls_, browser_);
  register_computer_calls(calls_, computer_);
  register_fs_calls(calls_, archives_, watches_);
  register_process_calls(calls_, io_, commands_, exec_, processes_);
  register_playwright_calls(calls_, executors_);
  register_repl_calls(calls_, repl_);
  register_log_calls(calls_, log_streams_);
}

Result<void> Agent::run(int listener) {
  WYE_CHECK(server_.listen_fd(listener));
  browser_.start();
  server_watch_.start();
  if (::getpid() == 1) orphans_.start();
  asio::co_spawn(io_, stop_on_signal(), asio::detached);
  io_.run();
  return {};
}

Browser::Listener Agent::on_chromium() {
  return {.ready =
              [this](std::shared_ptr<CdpPipe> pipe, bool) {
                curl_.attach(pipe);
                display_.attach(pipe);
                executors_.attach(pipe);
                collector_.attach(std::move(pipe));
              },
          .prepare = [this] { return collector_.wait_in_effect(kFirstPageWithin); },
          .ended = [this](const ChromiumEnd& end) { chromium_ended(end); },
          .prints =
              [this](UniqueFd pipe) {
                const auto log = logs_.find(kChromiumLog);
                if (log != logs_.end()) read_output(io_, clock_, std::move(pipe), log->second);
              },
          .gave_up = [this] { chromium_given_up(); }};
}

void Agent::chromium_ended(const ChromiumEnd& end) {
  log_.warn(end.crashed ? "chromium died" : "chromium was closed",
            {{"pid", end.pid}, {"starting", end.while_starting}});
  ++chromium_ends_;
  curl_.attach(nullptr);
  display_.attach(nullptr);
  executors_.attach(nullptr);
  relay_.on_end_of(browser_.generation());
  collector_.detach();
  if (end.crashed)
    hub_.emit("service_crashed", "system", "local_process",
              {{"service_name", "chromium"},
               {"phase", end.while_starting ? "startup" : "running"},
               {"pid", end.pid}});
}

void Agent::chromium_given_up() {
  hub_.emit("service_crashed", "system", "local_process",
            {{"service_name", "chromium"}, {"phase", "gave_up"}});
  collector_.gave_up();
}

// Leaves the spool, which the next server archives when it starts.
void Agent::left_alone() {
  log_.warn("no server came back; this browser ends");
  asio::co_spawn(io_, stop(), asio::detached);
}

net::Task<> Agent::stop_on_signal() {
  const bool asked = co_await signals_.wait();
  if (asked) co_await stop();
}

net::Task<> Agent::stop() {
  server_watch_.stop();
  server_.stop_accepting();
  streams_.end();
  watches_.end();
  log_streams_.end();
  relay_.end_all("session ended");
  co_await browser_.stop();
  server_.close();
  io_.stop();
}

}  // namespace wye::vm
