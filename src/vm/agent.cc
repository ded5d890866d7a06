#include "vm/agent.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>

#include "base/beneath.h"
#include "base/encoding.h"
#include "base/random.h"
#include "base/try.h"
#include "net/http_server.h"
#include "net/socket.h"
#include "vm/cdp/cdp_relay.h"
#include "vm/cdp/json_endpoints.h"
#include "vm/curl/curl_handlers.h"
#include "vm/display/resize_display.h"
#include "vm/lifecycle/server_watch.h"
#include "vm/telemetry/categories.h"
#include "vm/telemetry/collector/collector.h"
#include "vm/telemetry/telemetry_handlers.h"
#include "vm/telemetry/telemetry_stream.h"
#include "wire/known_api.h"
#include "wire/vm_calls.h"

namespace wye::vm {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t kMaxJsonBody = 8u << 20;  // vm-api §7
constexpr auto kReadyWithin = std::chrono::seconds(15);
// A page that is stuck must not hold up a change for long; a new Chromium's first page is slow on a busy
// machine.
constexpr auto kChangeWithin = std::chrono::seconds(2);
constexpr auto kFirstPageWithin = std::chrono::seconds(10);
constexpr auto kChromiumWithin = std::chrono::seconds(15);
constexpr std::string_view kSpec = "openapi: 3.1.0\ninfo:\n  title: Wye VM\n  version: \"1\"\npaths: {}\n";

// Debian's /usr/bin/chromium is a script whose checks take as long as the rest of a VM's start.
std::string installed_chromium() {
  const std::string program = "/usr/lib/chromium/chromium";
  return ::access(program.c_str(), X_OK) == 0 ? program : "/usr/bin/chromium";
}

// What our scripts in pages are known by to each other, and to nobody else.
std::string random_name() {
  SystemRandom random;
  std::array<std::uint8_t, 12> bytes;
  random.fill(bytes);
  return hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

ChromiumOptions chromium_options(const wire::AgentConfig& config) {
  ChromiumOptions options;
  options.path = config.chromium_path.value_or(installed_chromium());
  options.home = config.home.value_or("/home/kernel");
  options.user_data_dir = options.home + "/user-data";
  options.stealth = config.stealth.value_or(false);
  if (config.viewport) {
    options.width = config.viewport->width;
    options.height = config.viewport->height;
  }
  options.uid = config.chromium_uid.value_or(-1);
  options.gid = config.chromium_gid.value_or(-1);
  return options;
}

std::optional<std::chrono::seconds> alone_within(const wire::AgentConfig& config) {
  if (!config.alone_seconds) return std::nullopt;
  return std::chrono::seconds(*config.alone_seconds);
}

// DevTools' own paths, also as they come through the gateway; elsewhere an upgrade is not granted.
bool takes_sockets(std::string_view path) {
  return path == "/browser/cdp" || path.starts_with("/browser/cdp/") || path.starts_with("/devtools/");
}

class Agent {
 public:
  Agent(asio::io_context& io, const wire::AgentConfig& config, UniqueFd spool_fd, events::SpoolLog spool,
        const Clock& clock, const Log& log)
      : io_(io),
        log_(log),
        spool_fd_(std::move(spool_fd)),
        hub_(clock, log, std::move(spool)),
        telemetry_(clock, hub_),
        streams_(io, hub_),
        collector_(io, clock, log, hub_, config.stealth.value_or(false), random_name()),
        browser_(io, chromium_options(config), config.start_url.value_or(""), log,
                 {.ready =
                      [this](std::shared_ptr<CdpPipe> pipe, bool) {
                        curl_.attach(pipe);
                        collector_.attach(std::move(pipe));
                      },
                  .prepare = [this] { return collector_.wait_in_effect(kFirstPageWithin); },
                  .ended = [this](const ChromiumEnd& end) { chromium_ended(end); },
                  .gave_up =
                      [this] {
                        hub_.emit("service_crashed", "system", "local_process",
                                  {{"service_name", "chromium"}, {"phase", "gave_up"}});
                        collector_.gave_up();
                      }}),
        relay_(io, browser_, hub_),
        curl_(io, config.home.value_or("/home/kernel") + "/.wye-curl"),
        curl_browser_{
            .generation = [this] { return browser_.generation(); },
            .has_ended = [this](std::uint64_t generation) { return browser_.has_ended(generation); },
            .wait_ready = [this](auto limit) { return browser_.wait_ready(limit); }},
        server_(io, [this](net::Exchange& exchange) { return handle(exchange); }),
        server_watch_(io, alone_within(config), [this] { left_alone(); }),
        signals_(io, SIGTERM, SIGINT),
        children_(io, SIGCHLD) {
    if (config.telemetry) {
      Categories on;
      for (const auto& [name, setting] : *config.telemetry)
        if (setting.enabled) on.insert(name);
      hub_.configure(std::move(on));
    }
  }

  Result<void> run(int listener) {
    WYE_CHECK(server_.listen_fd(listener));
    browser_.start();
    server_watch_.start();
    if (::getpid() == 1) asio::co_spawn(io_, reap_orphans(), asio::detached);
    asio::co_spawn(io_, stop_on_signal(), asio::detached);
    io_.run();
    return {};
  }

 private:
  void chromium_ended(const ChromiumEnd& end) {
    log_.warn(end.crashed ? "chromium died" : "chromium was closed",
              {{"pid", end.pid}, {"starting", end.while_starting}});
    ++chromium_ends_;
    curl_.attach(nullptr);
    relay_.on_end_of(browser_.generation());
    collector_.detach();
    if (end.crashed)
      hub_.emit("service_crashed", "system", "local_process",
                {{"service_name", "chromium"},
                 {"phase", end.while_starting ? "startup" : "running"},
                 {"pid", end.pid}});
  }

  // Pid 1 inherits what others leave behind. Chromium itself is waited for by its own watcher, by pid: peek
  // first.
  net::Task<> reap_orphans() {
    for (;;) {
      const auto [error, number] = co_await children_.async_wait(net::kAwait);
      if (error) co_return;
      siginfo_t info{};
      while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0) {
        if (browser_.owns(info.si_pid)) break;
        ::waitpid(info.si_pid, nullptr, 0);
        info = {};
      }
    }
  }

  // The spool stays, and is archived by the next start of a server.
  void left_alone() {
    log_.warn("no server came back; this browser ends");
    asio::co_spawn(io_, stop(), asio::detached);
  }

  net::Task<> stop_on_signal() {
    co_await signals_.async_wait(net::kAwait);
    co_await stop();
  }

  net::Task<> stop() {
    server_watch_.stop();
    server_.stop_accepting();
    streams_.end();
    relay_.end_all("session ended");
    co_await browser_.stop();
    server_.close();
    io_.stop();
  }

  static net::Task<> answer(net::Exchange& exchange, net::Response response) {
    response.headers.set("X-Wye-Source", "agent");
    co_await exchange.respond(std::move(response));
  }

  void told_api_call(const char* operation, const net::Exchange& exchange, int status,
                     std::chrono::steady_clock::time_point began) {
    const double ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
    hub_.emit("api_call", "control", "kernel_api",
              {{"operation_id", operation},
               {"request_id", exchange.head().headers.get("X-Request-Id")},
               {"status", status},
               {"duration_ms", ms}});
  }

  net::Task<> curl(net::Exchange& exchange, bool raw) {
    const auto began = std::chrono::steady_clock::now();
    if (!co_await browser_.wait_ready(kReadyWithin)) co_return co_await answer(exchange, not_ready());
    CurlOutcome outcome;
    if (raw)
      outcome = co_await handle_curl_raw(curl_, curl_browser_, exchange);
    else
      outcome = co_await handle_curl(curl_, curl_browser_, exchange);
    told_api_call(raw ? "browserCurlRaw" : "browserCurl", exchange, outcome.status, began);
  }

  static net::Response ready_answer(bool spec) {
    if (!spec) return net::json_response(200, R"({"status":"ok"})");
    return {200, {{"Content-Type", "application/yaml"}}, std::string(kSpec)};
  }
  static net::Response not_ready() {
    return net::error_response({.kind = ErrorKind::disconnected,
                                .code = "upstream_unavailable",
                                .message = "the browser is starting",
                                .status = 503});
  }
  static net::Response not_allowed() {
    return net::error_response({.kind = ErrorKind::invalid,
                                .code = "method_not_allowed",
                                .message = "this path does not take that method",
                                .status = 405});
  }
  static net::Response not_served(std::string_view path) {
    const auto tail = path.substr(std::min<std::size_t>(1, path.size()));
    const auto* known = wire::vm_calls().find({}, tail).other;
    if (known != nullptr && !known->served) return net::error_response(wire::not_implemented(tail));
    return net::error_response(
        {.kind = ErrorKind::not_found, .code = "not_found", .message = "no such path"});
  }

  net::Task<> telemetry(net::Exchange& exchange, const std::string& path) {
    const auto& method = exchange.head().method;
    if (path == "/telemetry/stream") {
      if (method == "GET") co_return co_await streams_.serve(exchange);
      co_return co_await answer(exchange, not_allowed());
    }
    auto body = co_await exchange.read_body(kMaxJsonBody);
    if (!body) co_return co_await answer(exchange, net::error_response(body.error()));
    net::Response response = not_allowed();
    if (path == "/telemetry/events") {
      if (method == "GET") response = telemetry_.events(exchange.head().query());
      if (method == "POST") response = telemetry_.post_event(*body);
    } else {
      if (method == "GET") response = telemetry_.state();
      if (method == "PUT") response = telemetry_.put(*body);
      if (method == "PATCH") response = telemetry_.patch(*body);
      // What a page does after the answer is told as the answer says.
      if (method != "GET" && response.status < 300) co_await collector_.wait_in_effect(kChangeWithin);
    }
    co_await answer(exchange, std::move(response));
  }

  net::Task<> display(net::Exchange& exchange) {
    net::Response response = not_allowed();
    if (exchange.head().method == "PATCH") {
      auto body = co_await exchange.read_body(kMaxJsonBody);
      if (!body) co_return co_await answer(exchange, net::error_response(body.error()));
      response = co_await resize_display(browser_, std::move(*body));
    }
    co_await answer(exchange, std::move(response));
  }

  // For the server's metrics: asked by it alone, when somebody wants to know.
  [[nodiscard]] net::Response counters() const {
    json::object out{{"events", hub_.last_seq()},  {"dropped", hub_.dropped()},
                     {"sent", streams_.sent()},    {"lost", streams_.lost()},
                     {"streams", streams_.open()}, {"chromium_restarts", chromium_ends_}};
    return net::json_response(200, json::serialize(out));
  }

  // From the server alone, before it kills the VM: the answer comes when the connections' ends are on record.
  net::Task<> end_connections(net::Exchange& exchange) {
    relay_.end_all("session ended");
    co_await asio::post(io_.get_executor(), net::kAwait);  // behind those that end_all() has woken
    co_await answer(exchange, net::json_response(200, "{}"));
  }

  net::Task<> ready(net::Exchange& exchange, bool spec) {
    if (!co_await browser_.wait_ready(kReadyWithin)) {
      auto response = not_ready();
      response.status = 500;
      co_return co_await answer(exchange, std::move(response));
    }
    co_await answer(exchange, ready_answer(spec));
  }

  // What a client of DevTools is told of from its first command on it may hold, so our target comes first.
  net::Task<> devtools(net::Exchange& exchange) {
    const bool is_there = co_await browser_.wait_ready(kChromiumWithin);
    if (is_there) curl_.reserve();
    co_await relay_.serve(exchange);
  }

  net::Task<> handle(net::Exchange& exchange) {
    const auto& head = exchange.head();
    std::string path(head.path());
    if (path.size() > 1 && path.ends_with('/')) path.pop_back();
    if (iequals(head.upgrade, "websocket") && head.method == "GET" && takes_sockets(path))
      co_return co_await devtools(exchange);
    if (path == "/healthz" || path == "/spec.yaml") {
      if (head.method == "GET") co_return co_await ready(exchange, path == "/spec.yaml");
      co_return co_await answer(exchange, not_allowed());
    }
    if (path == "/counters") co_return co_await answer(exchange, counters());
    if (path == "/server" && head.method == "GET") co_return co_await server_watch_.hold(exchange);
    if (path == "/ending" && head.method == "POST") co_return co_await end_connections(exchange);
    if (path == "/heartbeat") co_return co_await answer(exchange, net::json_response(200, "{}"));
    if (path == "/telemetry" || path == "/telemetry/events" || path == "/telemetry/stream")
      co_return co_await telemetry(exchange, path);
    if (path == "/display") co_return co_await display(exchange);
    if (path == "/curl/raw") co_return co_await curl(exchange, true);
    if (path == "/curl") {
      if (head.method == "POST") co_return co_await curl(exchange, false);
      co_return co_await answer(exchange, not_allowed());
    }
    const std::string_view below = path;
    const auto devtools = below.starts_with("/browser/cdp") ? below.substr(12) : below;
    if (devtools.starts_with("/json")) {
      const std::function<bool(std::string_view)> is_ours = [this](std::string_view id) {
        return curl_.is_ours(id);
      };
      auto response = co_await answer_json_endpoint(io_, browser_, head, std::string(devtools), is_ours);
      co_return co_await answer(exchange, std::move(response));
    }
    co_await answer(exchange, not_served(path));
  }

  asio::io_context& io_;
  const Log& log_;
  UniqueFd spool_fd_;
  TelemetryHub hub_;
  TelemetryHandlers telemetry_;
  TelemetryStreams streams_;
  Collector collector_;
  std::int64_t chromium_ends_ = 0;
  Browser browser_;
  CdpRelay relay_;
  CurlService curl_;
  CurlBrowser curl_browser_;
  net::HttpServer server_;
  ServerWatch server_watch_;
  asio::basic_signal_set<asio::io_context::executor_type> signals_, children_;
};

}  // namespace

int run_agent(const wire::AgentConfig& config, UniqueFd listener, UniqueFd spool_fd, const Clock& clock,
              const Log& log) {
  auto spool = events::SpoolLog::open(spool_fd.get());
  if (!spool) {
    log.error("the spool cannot be opened", {{"reason", spool.error().message}});
    return 1;
  }
  const auto options = chromium_options(config);
  for (const std::filesystem::path directory : {options.home, options.user_data_dir})
    if (const auto made = beneath::make_directory(directory.parent_path(), directory.filename(), 0700,
                                                  options.uid, options.gid);
        !made)
      log.warn("a directory cannot be given to the browser", {{"reason", made.error().message}});
  asio::io_context io(1);
  Agent agent(io, config, std::move(spool_fd), std::move(*spool), clock, log);
  const auto done = agent.run(listener.release());
  if (!done) log.error("the agent cannot serve", {{"reason", done.error().message}});
  return done ? 0 : 1;
}

}  // namespace wye::vm
