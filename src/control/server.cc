#include "control/server.h"

#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/try.h"
#include "control/api/api_server.h"
#include "control/api_resources.h"
#include "control/certificate.h"
#include "control/data_dir.h"
#include "control/descriptor_shares.h"
#include "control/first_start.h"
#include "control/keys/api_keys.h"
#include "control/machine.h"
#include "control/server_id.h"
#include "control/server_lock.h"
#include "control/server_store.h"
#include "control/stop_server.h"
#include "net/host_port.h"

namespace wye::control {
namespace {

constexpr auto kDrainWithin = std::chrono::seconds(5);
constexpr auto kEndWithin = std::chrono::seconds(9);
constexpr auto kEndBrowsersWithin = std::chrono::seconds(30);
constexpr auto kAskWithin = std::chrono::seconds(5);

// A handler that hangs must not keep the process: the next start finishes what it has begun, as after a kill.
void end_in_time(std::chrono::seconds within) {
  std::thread([within] {
    std::this_thread::sleep_for(within);
    ::_exit(0);
  }).detach();
}

// Bounds glibc's heaps: by itself it gives threads up to eight of them for each processor, and each keeps the
// size of its largest answers (60 MiB after some minutes of mixed load, for 4 MiB in use). Large bodies are
// mapped, and unmapped when freed.
void keep_heap_small() {
  ::mallopt(M_ARENA_MAX, static_cast<int>(std::max(2U, std::thread::hardware_concurrency())));
  ::mallopt(M_MMAP_THRESHOLD, 256 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
}

Error bad(std::string message) {
  return {.kind = ErrorKind::invalid, .code = "bad_request", .message = std::move(message)};
}

Result<net::HostPort> parse_address(const std::string& text, const char* option) {
  auto parsed = net::parse_host_port(text);
  if (!parsed) return bad(std::string(option) + ": " + parsed.error().message);
  return parsed;
}

// Sessions keep paths on record and in locks that all servers of a host share, so the paths must not depend
// on where a server was started.
ServeOptions with_absolute_paths(ServeOptions options) {
  std::error_code ignored;
  const auto path = std::filesystem::absolute(options.data_dir, ignored).lexically_normal();
  if (!ignored) options.data_dir = path;
  while (options.data_dir.size() > 1 && options.data_dir.ends_with('/')) options.data_dir.pop_back();
  return options;
}

class Server {
 public:
  explicit Server(const ServeOptions& options)
      : options_(with_absolute_paths(options)), log_(options.log_level), descriptors_(options.max_sessions) {}

  ~Server() {
    if (machine_) machine_->stop_metro();  // the metro asks objects that are destroyed before it
  }

  Result<void> start() {
    WYE_TRY(const auto api, parse_address(options_.listen, "--listen"));
    WYE_CHECK(certificate_.load(options_.tls_certificate, options_.tls_key));
    WYE_CHECK(open_record());
    WYE_CHECK(make_machine());
    WYE_CHECK(sessions_->start());
    WYE_CHECK(machine_->start_relays());
    WYE_CHECK(start_metro(api.host));
    keeper_ =
        std::make_unique<ArchiveKeeper>(*store_, clock_, log_, options_.archive, archive_room_, server_id_);
    WYE_CHECK(start_api(api));
    keeper_->start();
    return {};
  }

  void run_until_signal() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, end_with_browsers_signal()}) ::sigaddset(&set, number);
    sigset_t blocked;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    if (::sigismember(&blocked, SIGHUP) == 1) ::sigaddset(&set, SIGHUP);
    int number = 0;
    while (::sigwait(&set, &number) == 0 && number == SIGHUP) certificate_.reload();
    ::sigdelset(&set, SIGHUP);  // it stays blocked: nothing is reloaded any longer
    api_->stop_accepting();
    machine_->metro().stop_accepting();
    const bool with_browsers = options_.end_browsers || number == end_with_browsers_signal() ||
                               (number == SIGINT && asks_for_browsers(set));
    log_.info("stopping", {{"signal", number}, {"ends_browsers", with_browsers}});
    end_in_time(with_browsers ? kEndBrowsersWithin + kEndWithin : kEndWithin);
    drain(set);
    stop(with_browsers);
  }

 private:
  // Tells a person who pressed Ctrl-C on a terminal that browsers are left running, and waits for a second
  // one.
  [[nodiscard]] bool asks_for_browsers(const sigset_t& set) {
    const auto live = sessions_->live();
    if (live == 0 || ::isatty(STDERR_FILENO) == 0) return false;
    const auto seconds = static_cast<int>(kAskWithin.count());
    std::fprintf(
        stderr,
        "\n%zu browser%s on without a server, for the next start to take over. Ctrl-C again within %d s "
        "ends them, too; later `wye stop --data-dir %s` does.\n",
        live, live == 1 ? " lives" : "s live", seconds, options_.data_dir.c_str());
    const timespec patience{.tv_sec = seconds, .tv_nsec = 0};
    const int next = ::sigtimedwait(&set, nullptr, &patience);
    const bool ends = next == SIGINT || next == end_with_browsers_signal();
    if (ends) std::fprintf(stderr, "ending %zu browser%s\n", live, live == 1 ? "" : "s");
    return ends;
  }

  // Gives requests under way their time; a second signal cuts it short.
  void drain(const sigset_t& set) {
    const auto deadline = std::chrono::steady_clock::now() + kDrainWithin;
    const timespec a_moment{.tv_sec = 0, .tv_nsec = 20'000'000};
    while (api_->active_requests() > 0 && std::chrono::steady_clock::now() < deadline)
      if (::sigtimedwait(&set, nullptr, &a_moment) > 0) break;
  }
  // Breaks the streams and sockets that are left.
  void stop(bool with_browsers) {
    if (with_browsers)
      if (const auto left = sessions_->end_all(kEndBrowsersWithin); left > 0)
        log_.warn("browsers are left; `wye stop` ends them", {{"browsers", left}});
    machine_->stop_metro();
    api_->stop();
    sessions_.reset();  // remaining browsers live on, and the next start adopts them
    exporter_->stop();
  }

  // The data directory, which is this server's alone, and the record in it or in a database.
  Result<void> open_record() {
    WYE_CHECK(prepare_data_dir(options_.data_dir));
    WYE_TRY(lock_, lock_data_dir(options_.data_dir));
    WYE_CHECK(say_server(lock_.get(), ::getpid()));
    WYE_TRY(server_id_, server_id_of(options_.data_dir, random_));
    WYE_TRY(store_, open_server_store({.data_dir = options_.data_dir,
                                       .database = options_.database,
                                       .take_over = options_.take_over},
                                      server_id_, log_));
    keys_ = std::make_unique<ApiKeys>(store_->keys(), clock_, random_);
    WYE_CHECK(settle_api_key(*keys_, options_.api_key, options_.make_first_key, log_));
    return {};
  }

  Result<void> make_machine() {
    WYE_TRY(auto secret, token_secret(*store_, random_));
    machine_ = std::make_unique<Machine>(
        *store_, clock_, log_,
        MachineOptions{.host = {.data_dir = options_.data_dir,
                                .agent_path = options_.agent_path,
                                .allow_host_loopback = options_.allow_host_loopback,
                                .agent_log_level = options_.log_level == LogLevel::debug ? "debug" : "info",
                                .alone_within = options_.alone_within,
                                .archive_room = &archive_room_},
                       .launcher = options_.launcher,
                       .token_secret = std::move(secret),
                       .relay_path = options_.relay_path});
    exporter_ = std::make_unique<Exporter>(
        *store_, clock_, random_, log_,
        ExporterOptions{.holder = server_id_, .private_allowed = options_.allow_private_export});
    sessions_ = std::make_unique<Sessions>(*store_, machine_->directory(), machine_->host(),
                                           machine_->tokens(), clock_, random_, log_,
                                           SessionsOptions{.max_sessions = options_.max_sessions,
                                                           .archived = [this] { exporter_->archived(); }});
    handlers_ = std::make_unique<BrowserHandlers>(*store_, *sessions_, machine_->directory(), clock_, log_);
    return {};
  }

  Result<void> start_metro(const std::string& default_host) {
    metro::MetroOptions options{.host = default_host};
    if (options_.metro_listen.empty()) {
      WYE_TRY(options.port, kept_metro_port(*store_));
    } else {
      WYE_TRY(const auto address, parse_address(options_.metro_listen, "--metro-listen"));
      options.host = address.host;
      options.port = address.port;
    }
    if (!options_.metro_url.empty()) {
      WYE_TRY(options.public_origin, metro::MetroOrigin::parse(options_.metro_url));
    }
    options.proxy.descriptors = &descriptors_.metro;
    options.tls = certificate_.identity();
    auto hooks = handlers_->hooks();
    hooks.is_own_credential = [this](const std::string& text) {
      const auto on_record = keys_->is_on_record(text);
      if (!on_record) throw std::runtime_error(on_record.error().message);
      return *on_record || machine_->tokens().verify(text).has_value();
    };
    WYE_TRY(metro_origin_, machine_->start_metro(options, std::move(hooks)));
    if (options_.metro_url.empty()) certificate_.check_name(options.host);
    return keep_metro_port(*store_, machine_->port());
  }

  Result<void> start_api(const net::HostPort& address) {
    handlers_->set_metro(metro_origin_);
    ApiServerOptions options{.host = address.host,
                             .port = address.port,
                             .metro = metro_origin_,
                             .allowed_hosts = options_.allowed_hosts,
                             .tls = certificate_.identity(),
                             .store_is_away = [this] { return store_->is_away(); }};
    options.limits.descriptors = &descriptors_.control_plane;
    options.turns.creates.running = options.turns.creates.running_per_key = options_.concurrent_creates;
    api_ = std::make_unique<ApiServer>(*keys_, random_, clock_, log_, std::move(options));
    add_resources(*api_, {.browsers = *handlers_,
                          .keys = *keys_,
                          .store = *store_,
                          .exporter = *exporter_,
                          .sessions = *sessions_,
                          .directory = machine_->directory(),
                          .random = random_,
                          .clock = clock_,
                          .log = log_,
                          .metro = metro_origin_,
                          .descriptors = &descriptors_.control_plane,
                          .direct_leg = [this] { return machine_->metro().totals(); },
                          .archive = [this] { return keeper_->totals(); }});
    auto port = api_->start();
    if (!port)
      return Error{.kind = port.error().kind,
                   .code = port.error().code,
                   .message = "cannot listen on " + options_.listen + ": " + port.error().message};
    log_.info("serving",
              {{"control_plane", net::authority(address.host, *port)}, {"metro", metro_origin_.url_of("*")}});
    std::printf("wye ready base_url=%s%s\n", certificate_.scheme().c_str(),
                net::authority(address.host, *port).c_str());
    std::fflush(stdout);
    return {};
  }

  const ServeOptions options_;
  const SystemClock clock_;
  SystemRandom random_;
  const Log log_;
  DescriptorShares descriptors_;  // before all that has connections
  Certificate certificate_{log_};
  UniqueFd lock_;
  std::string server_id_;
  std::unique_ptr<Store> store_;
  host::ArchiveRoom archive_room_;
  std::unique_ptr<ApiKeys> keys_;
  std::unique_ptr<Exporter> exporter_;  // before sessions_, which call it
  std::unique_ptr<Machine> machine_;
  std::unique_ptr<Sessions> sessions_;
  std::unique_ptr<BrowserHandlers> handlers_;
  std::unique_ptr<ArchiveKeeper> keeper_;
  std::unique_ptr<ApiServer> api_;
  metro::MetroOrigin metro_origin_;
};

}  // namespace

int run_server(const ServeOptions& options) {
  // Only the main thread waits for signals; every thread that is made later inherits the mask.
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, end_with_browsers_signal()}) ::sigaddset(&set, number);
  // On a terminal SIGHUP says that the terminal is gone, which ends a server without TLS like any program.
  if (!options.tls_certificate.empty() || ::isatty(STDIN_FILENO) == 0) ::sigaddset(&set, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  keep_heap_small();
  Server server(options);
  if (const auto started = server.start(); !started) {
    std::fprintf(stderr, "%s: %s\n", started.error().code.c_str(), started.error().message.c_str());
    return started.error().kind == ErrorKind::invalid ? 2 : 1;  // a usage error, as of every command
  }
  server.run_until_signal();
  return 0;
}

}  // namespace wye::control
