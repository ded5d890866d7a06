#include "control/server.h"

#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/encoding.h"
#include "base/try.h"
#include "control/api_keys.h"
#include "control/api_server.h"
#include "control/data_dir.h"
#include "control/server_id.h"
#include "control/server_lock.h"
#include "control/stop_server.h"
#include "control/store/sqlite_store.h"
#include "host/bubblewrap/bubblewrap_driver.h"
#include "net/host_port.h"
#include "net/tls/tls_identity.h"

namespace wye::control {
namespace {

constexpr auto kDrainWithin = std::chrono::seconds(5);
constexpr auto kEndWithin = std::chrono::seconds(9);
constexpr auto kEndBrowsersWithin = std::chrono::seconds(30);
constexpr auto kAskWithin = std::chrono::seconds(5);

// A handler that hangs must not keep the process: what it has begun is finished by the next start, as after a
// kill.
void end_in_time(std::chrono::seconds within) {
  std::thread([within] {
    std::this_thread::sleep_for(within);
    ::_exit(0);
  }).detach();
}

// Left alone, glibc gives threads up to eight heaps a processor, each of which keeps what the largest answers
// once took: 60 MiB after some minutes of mixed load, for 4 MiB in use. Large bodies are mapped, and unmapped
// when freed.
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

// Sessions keep paths on record and in locks that all servers of a host share: they must not depend on where
// one was started.
ServeOptions with_absolute_paths(ServeOptions options) {
  std::error_code ignored;
  const auto path = std::filesystem::absolute(options.data_dir, ignored).lexically_normal();
  if (!ignored) options.data_dir = path;
  while (options.data_dir.size() > 1 && options.data_dir.ends_with('/')) options.data_dir.pop_back();
  return options;
}

// What is kept for everything but connections: the store, threads, and for each session its spool, its VM and
// the making of it.
constexpr std::size_t kOwnDescriptors = 256, kDescriptorsPerSession = 8;

// As many as this process may have; how many.
std::size_t raise_open_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max;
}

// Apart, so that clients of the one plane never shut out those of the other.
struct Descriptors {
  explicit Descriptors(std::size_t all)
      : Descriptors(all, std::max(all / 8, std::min<std::size_t>(all / 2, 16))) {}
  Descriptors(std::size_t all, std::size_t for_control)
      : control_plane(for_control), metro(all - for_control) {}
  static std::size_t for_connections(std::size_t max_sessions) {
    const auto all = raise_open_files();
    return all - std::min(all / 2, kOwnDescriptors + kDescriptorsPerSession * max_sessions);
  }
  net::DescriptorBudget control_plane, metro;
};

// What is made once and kept: the secret of the JWTs.
Result<std::string> token_secret(Store& store, Random& random) {
  WYE_TRY(auto kept, store.setting("token_secret"));
  if (kept) return std::move(*kept);
  std::string bytes(32, '\0');
  random.fill({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  const auto secret = hex(bytes);
  return store.setting_once("token_secret", secret);
}

// The first start makes a key; afterwards `wye keys` does, also when all have been revoked.
Result<void> settle_api_key(ApiKeys& keys, const ServeOptions& options, const Log& log) {
  if (!options.api_key.empty()) {
    WYE_TRY(const bool usable, keys.admit(options.api_key, "given to wye serve"));
    if (!usable) log.warn("the API key given to wye serve is revoked or expired; it is not accepted");
    return {};
  }
  WYE_TRY(const auto some, keys.list({.active = true, .deleted = true, .limit = 1}));
  if (!some.empty()) return {};
  if (!options.make_first_key) {
    log.warn("there is no API key yet; `wye keys create` makes one");
    return {};
  }
  WYE_TRY(const auto made, keys.create_first("first key"));
  if (made)
    std::printf("A new API key, shown only now:\n\n  export KERNEL_API_KEY=%s\n\n", made->key.c_str());
  return {};
}

// Written only when it changed: a full disk is no reason not to serve.
Result<void> keep_metro_port(Store& store, const std::string& port) {
  WYE_TRY(auto kept, store.setting("metro_port"));
  if (!kept) {
    WYE_TRY(kept, store.setting_once("metro_port", port));
  }
  if (*kept != port) WYE_CHECK(store.set_setting("metro_port", port));
  return {};
}

class Server {
 public:
  explicit Server(const ServeOptions& options)
      : options_(with_absolute_paths(options)),
        log_(options.log_level),
        descriptors_(Descriptors::for_connections(options.max_sessions)),
        directory_(clock_) {}

  Result<void> start() {
    WYE_TRY(const auto api, parse_address(options_.listen, "--listen"));
    WYE_CHECK(load_identity());
    WYE_CHECK(prepare_data_dir(options_.data_dir));
    WYE_TRY(lock_, lock_data_dir(options_.data_dir));
    WYE_CHECK(say_server(lock_.get(), ::getpid()));
    WYE_TRY(store_, open_sqlite_store(database_in(options_.data_dir),
                                      {.say = [this](const std::string& text) { log_.info(text); }}));
    keys_ = std::make_unique<ApiKeys>(store_->keys(), clock_, random_);
    WYE_CHECK(settle_api_key(*keys_, options_, log_));
    WYE_TRY(const auto server_id, server_id_of(options_.data_dir, random_));
    WYE_TRY(const auto secret, token_secret(*store_, random_));
    tokens_ = std::make_unique<metro::TokenVerifier>(secret);
    driver_ = std::make_unique<host::BubblewrapDriver>(
        options_.launcher, [this](const std::string& message) { log_.warn(message); });
    exporter_ = std::make_unique<Exporter>(
        *store_, clock_, random_, log_,
        ExporterOptions{.holder = server_id, .private_allowed = options_.allow_private_export});
    sessions_ = std::make_unique<Sessions>(
        *store_, directory_, *driver_, *tokens_, clock_, random_, log_,
        SessionsOptions{.data_dir = options_.data_dir,
                        .agent_path = options_.agent_path,
                        .allow_host_loopback = options_.allow_host_loopback,
                        .root = ::geteuid() == 0,
                        .agent_log_level = options_.log_level == LogLevel::debug ? "debug" : "info",
                        .max_sessions = options_.max_sessions,
                        .alone_within = options_.alone_within,
                        .archived = [this] { exporter_->archived(); },
                        .archive_room = &archive_room_});
    WYE_CHECK(sessions_->start());
    WYE_CHECK(start_metro(api.host));
    keeper_ =
        std::make_unique<ArchiveKeeper>(*store_, clock_, log_, options_.archive, archive_room_, server_id);
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
    while (::sigwait(&set, &number) == 0 && number == SIGHUP) reload_identity();
    ::sigdelset(&set, SIGHUP);  // it stays blocked: there is nothing to reload for any more
    api_->stop_accepting();
    metro_->stop_accepting();
    const bool with_browsers = options_.end_browsers || number == end_with_browsers_signal() ||
                               (number == SIGINT && asks_for_browsers(set));
    log_.info("stopping", {{"signal", number}, {"ends_browsers", with_browsers}});
    end_in_time(with_browsers ? kEndBrowsersWithin + kEndWithin : kEndWithin);
    // Requests under way get their time, and a second signal cuts it short; then streams and sockets are
    // broken.
    const auto deadline = std::chrono::steady_clock::now() + kDrainWithin;
    const timespec a_moment{.tv_sec = 0, .tv_nsec = 20'000'000};
    while (api_->active_requests() > 0 && std::chrono::steady_clock::now() < deadline)
      if (::sigtimedwait(&set, nullptr, &a_moment) > 0) break;
    if (with_browsers)
      if (const auto left = sessions_->end_all(kEndBrowsersWithin); left > 0)
        log_.warn("browsers are left; `wye stop` ends them", {{"browsers", left}});
    metro_->stop();
    api_->stop();
    sessions_.reset();  // browsers that are left live on and are adopted by the next start
    exporter_->stop();
  }

 private:
  // Tells whoever pressed Ctrl-C on a terminal that browsers are left running, and waits for a second one.
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

  Result<void> load_identity() {
    if (options_.tls_certificate.empty() != options_.tls_key.empty())
      return bad("--tls-cert and --tls-key go together");
    if (options_.tls_certificate.empty()) return {};
    WYE_TRY(identity_, net::TlsIdentity::load({options_.tls_certificate, options_.tls_key}));
    say_validity();
    return {};
  }
  void reload_identity() {
    if (!identity_) return log_.info("there is no certificate to read again");
    if (const auto reloaded = identity_->reload(); !reloaded)
      return log_.error("the new certificate or key cannot be used; the old ones stay",
                        {{"code", reloaded.error().code}, {"error", reloaded.error().message}});
    log_.info("certificate and key were read again");
    say_validity();
  }
  void say_validity() {
    if (identity_->has_expired())
      log_.warn("the certificate has expired; clients will refuse it", {{"until", identity_->valid_until()}});
    else
      log_.info("certificate", {{"until", identity_->valid_until()}});
  }
  [[nodiscard]] std::string scheme() const { return identity_ ? "https://" : "http://"; }
  void warn_of_other_name(const std::string& host) {
    if (identity_ && !identity_->names(host))
      log_.warn("the certificate is not for the metro's host, which browsers are reached by; see --metro-url",
                {{"host", host}});
  }

  Result<void> start_metro(const std::string& default_host) {
    metro::MetroOptions options{.host = default_host};
    if (!options_.metro_listen.empty()) {
      WYE_TRY(const auto address, parse_address(options_.metro_listen, "--metro-listen"));
      options.host = address.host;
      options.port = address.port;
    } else {
      // The port is kept, so that routes that clients know survive a restart.
      WYE_TRY(const auto kept, store_->setting("metro_port"));
      if (kept) std::from_chars(kept->data(), kept->data() + kept->size(), options.port);
    }
    if (!options_.metro_url.empty()) {
      WYE_TRY(options.public_origin, metro::MetroOrigin::parse(options_.metro_url));
    }
    options.proxy.descriptors = &descriptors_.metro;
    options.tls = identity_.get();
    metro_ = std::make_unique<metro::Metro>(directory_, *tokens_, log_, clock_, options);
    handlers_ = std::make_unique<BrowserHandlers>(*store_, *sessions_, directory_, clock_, log_);
    auto hooks = handlers_->hooks();
    hooks.is_own_credential = [this](const std::string& text) {
      const auto on_record = keys_->is_on_record(text);
      if (!on_record) throw std::runtime_error(on_record.error().message);
      return *on_record || tokens_->verify(text).has_value();
    };
    metro_->set_hooks(std::move(hooks));
    auto port = metro_->start();
    if (!port)
      return Error{.kind = port.error().kind,
                   .code = port.error().code,
                   .message = "the metro cannot listen on " + net::authority(options.host, options.port) +
                              ": " + port.error().message + "; choose another address with --metro-listen"};
    WYE_CHECK(keep_metro_port(*store_, std::to_string(*port)));
    metro_origin_ = options.public_origin;
    if (!metro_origin_.known()) {
      WYE_TRY(metro_origin_, metro::MetroOrigin::parse(scheme() + net::authority(options.host, *port)));
      warn_of_other_name(options.host);
    }
    return {};
  }

  Result<void> start_api(const net::HostPort& address) {
    handlers_->set_metro(metro_origin_);
    TurnLimits creates = ApiServerOptions().creates;
    creates.running = creates.running_per_key = options_.concurrent_creates;
    api_ = std::make_unique<ApiServer>(
        *handlers_, key_handlers_.emplace(*keys_),
        destination_handlers_.emplace(store_->exports(), *exporter_, clock_, random_), *exporter_, *sessions_,
        directory_, random_, clock_, log_,
        ApiServerOptions{.host = address.host,
                         .port = address.port,
                         .metro = metro_origin_,
                         .allowed_hosts = options_.allowed_hosts,
                         .tls = identity_.get(),
                         .creates = std::move(creates),
                         .descriptors = &descriptors_.control_plane,
                         .direct_leg = [this] { return metro_->totals(); },
                         .archive = [this] { return keeper_->totals(); }});
    auto port = api_->start();
    if (!port)
      return Error{.kind = port.error().kind,
                   .code = port.error().code,
                   .message = "cannot listen on " + options_.listen + ": " + port.error().message};
    log_.info("serving",
              {{"control_plane", net::authority(address.host, *port)}, {"metro", metro_origin_.url_of("*")}});
    std::printf("wye ready base_url=%s%s\n", scheme().c_str(), net::authority(address.host, *port).c_str());
    std::fflush(stdout);
    return {};
  }

  const ServeOptions options_;
  const SystemClock clock_;
  SystemRandom random_;
  const Log log_;
  Descriptors descriptors_;                     // before all that has connections
  std::unique_ptr<net::TlsIdentity> identity_;  // null: http
  UniqueFd lock_;
  std::unique_ptr<Store> store_;
  host::ArchiveRoom archive_room_;
  std::unique_ptr<ApiKeys> keys_;
  std::optional<KeyHandlers> key_handlers_;
  std::unique_ptr<Exporter> exporter_;  // before sessions_, which call it
  std::optional<DestinationHandlers> destination_handlers_;
  metro::SessionDirectory directory_;
  std::unique_ptr<metro::TokenVerifier> tokens_;
  std::unique_ptr<host::Driver> driver_;
  std::unique_ptr<Sessions> sessions_;
  std::unique_ptr<BrowserHandlers> handlers_;
  std::unique_ptr<metro::Metro> metro_;
  std::unique_ptr<ArchiveKeeper> keeper_;
  std::unique_ptr<ApiServer> api_;
  metro::MetroOrigin metro_origin_;
};

}  // namespace

int run_server(const ServeOptions& options) {
  // Signals are waited for by the main thread alone; every thread that is made later inherits the mask.
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, end_with_browsers_signal()}) ::sigaddset(&set, number);
  // On a terminal it says that this one is gone, which ends a server without TLS as any program.
  if (!options.tls_certificate.empty() || ::isatty(STDIN_FILENO) == 0) ::sigaddset(&set, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  keep_heap_small();
  Server server(options);
  if (const auto started = server.start(); !started) {
    std::fprintf(stderr, "%s: %s\n", started.error().code.c_str(), started.error().message.c_str());
    return started.error().kind == ErrorKind::invalid ? 2 : 1;  // misuse, as every command has it
  }
  server.run_until_signal();
  return 0;
}

}  // namespace wye::control
