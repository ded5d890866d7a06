// Measures the cost of everything between a client and DevTools. Each session has one Chromium that is
// reached in turns in its VM's own network (direct), through one bare relay, and through Wye; another one
// that is reached directly and through Wye with TLS; and a third one whose telemetry tells each command
// (cdp_command). Needs root, to enter the VM. usage: WYE_BIN=… cdp_bench
// [sessions = 5] [rounds in each = 3] [seconds in all = 110]
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../tests/flow/live/serve_process.h"
#include "bare_relay.h"
#include "cases.h"
#include "child.h"
#include "devtools_port.h"
#include "net/socket_address.h"
#include "series.h"
#include "wye/client.h"

namespace wye::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// A certificate for 127.0.0.1, which its server and its clients trust.
struct Certificate {
  std::string dir, file, key;
  Certificate() {
    std::string pattern = "/tmp/wye-bench-XXXXXX";
    dir = ::mkdtemp(pattern.data());
    file = dir + "/cert.pem";
    key = dir + "/key.pem";
    const auto make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=server"
        " -addext subjectAltName=IP:127.0.0.1 -keyout " +
        key + " -out " + file + " 2>/dev/null";
    if (std::system(make.c_str()) != 0 || ::chmod(key.c_str(), 0600) != 0)
      throw std::runtime_error("openssl makes no certificate");
  }
  ~Certificate() { std::filesystem::remove_all(dir); }
  Certificate(const Certificate&) = delete;
};

// One `wye serve`, and the certificate that its clients trust.
struct Platform {
  live::ServeProcess server;
  std::string ca_file;
  Client client;
  std::unique_ptr<SSL_CTX, net::SslContextDeleter> tls;

  explicit Platform(const Certificate* certificate)
      : server(options_of(certificate)),
        ca_file(certificate == nullptr ? "" : certificate->file),
        client({.api_key = server.api_key(), .base_url = server.base_url(), .ca_file = ca_file}) {
    if (certificate == nullptr) return;
    tls.reset(::SSL_CTX_new(::TLS_client_method()));
    ::SSL_CTX_set_verify(tls.get(), SSL_VERIFY_PEER, nullptr);
    ::SSL_CTX_load_verify_locations(tls.get(), ca_file.c_str(), nullptr);
  }
  static live::ServeProcess::Options options_of(const Certificate* certificate) {
    live::ServeProcess::Options options;
    if (certificate != nullptr)
      options.extra_args = {"--tls-cert", certificate->file, "--tls-key", certificate->key};
    return options;
  }
};

// Tells whether the process descends from the other one.
bool is_below(pid_t pid, pid_t ancestor) {
  while (pid > 1 && pid != ancestor) {
    std::ifstream in("/proc/" + std::to_string(pid) + "/status");
    pid_t parent = 0;
    for (std::string line; std::getline(in, line);)
      if (line.starts_with("PPid:")) parent = static_cast<pid_t>(std::stol(line.substr(5)));
    pid = parent;
  }
  return pid == ancestor;
}

// Returns the processes that a message of that session may pass through.
std::vector<pid_t> relaying_processes(const live::ServeProcess& server, pid_t agent) {
  std::vector<pid_t> out{server.pid(), agent};
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::string name;
    std::ifstream(entry.path() / "comm") >> name;
    if (name != "wye-relay") continue;
    const auto pid = static_cast<pid_t>(std::stol(entry.path().filename().string()));
    if (is_below(pid, server.pid())) out.push_back(pid);
  }
  return out;
}

enum class Kind { plain, tls, commands };

TelemetryRequest commands_told() {
  const TelemetryCategory control{.enabled = true, .cdp = TelemetryCommands{}};
  return {.browser = std::map<std::string, TelemetryCategory>{{"control", control}}};
}

// A browser, the ways to it, and for a plain one the relay in front of it.
class Session {
 public:
  Session(const Platform& platform, Kind kind) : platform_(platform) {
    BrowserCreate create{.headless = true, .timeout_seconds = 300};
    if (kind == Kind::commands) create.telemetry = commands_told();
    const auto browser = platform.client.browsers().create(create).value();
    id_ = browser.session_id;
    agent_ = live::find_agent(platform.server, id_);
    const auto port = find_devtools(agent_);
    const auto host = "127.0.0.1:" + std::to_string(port.port);
    add({.name = "direct",
         .connect = [port] { return connect_inside(port); },
         .host = host,
         .browser_path = port.browser_path});
    const auto page = make_page(*ways_.back());
    ways_.back()->page_path = "/devtools/page/" + page;
    if (kind == Kind::plain) add_bare(port, host, page);
    add_wye(kind == Kind::tls        ? "wye, TLS"
            : kind == Kind::commands ? "wye, told"
                                     : "wye",
            browser.cdp_ws_url, page);
  }
  ~Session() { (void)platform_.client.browsers().remove(id_); }
  Session(const Session&) = delete;
  [[nodiscard]] CdpWay& way(std::size_t index) { return *ways_[index]; }
  [[nodiscard]] std::vector<CdpWay*> ways() const {
    std::vector<CdpWay*> out;
    for (const auto& way : ways_) out.push_back(way.get());
    return out;
  }

 private:
  void add(CdpWay way) { ways_.push_back(std::make_unique<CdpWay>(std::move(way))); }

  void add_bare(const DevToolsPort& port, const std::string& host, const std::string& page) {
    auto listener = net::open_tcp_listener("127.0.0.1", 0, false).value();
    relay_ = std::make_unique<Child>([&] {
      enter_network_of(port.inside);
      run_bare_relay(listener.fd.get(), [&] { return connect_loopback(port.port); });
    });
    add({.name = "bare relay",
         .connect = [at = listener.port] { return connect_loopback(at); },
         .host = host,
         .browser_path = port.browser_path,
         .page_path = "/devtools/page/" + page,
         .processes = {relay_->pid()}});
  }

  void add_wye(const std::string& name, const std::string& url, const std::string& page) {
    const auto host_at = url.find("://") + 3;
    const auto path_at = url.find('/', host_at);
    const auto host = url.substr(host_at, path_at - host_at);
    const auto path = url.substr(path_at);
    const std::string surface = "/browser/cdp";
    const auto at = static_cast<std::uint16_t>(std::stoul(host.substr(host.rfind(':') + 1)));
    add({.name = name,
         .connect = [at] { return connect_loopback(at); },
         .host = host,
         .browser_path = path,
         .page_path = surface + "/devtools/page/" + page + path.substr(surface.size()),
         .tls = platform_.tls.get(),
         .processes = relaying_processes(platform_.server, agent_)});
  }

  const Platform& platform_;
  std::string id_;
  pid_t agent_ = 0;
  std::unique_ptr<Child> relay_;
  std::vector<std::unique_ptr<CdpWay>> ways_;
};

void print(const CdpWay& way) {
  std::printf(
      "  %-11s alone p50 %6.1f p99 %7.1f us   32 in flight %7.0f/s   20 MB both ways %6.1f MB/s   "
      "50 connections p50 %7.1f p99 %7.1f us %7.0f/s\n",
      way.name.c_str(), median(way.alone_p50), median(way.alone_p99), median(way.in_flight),
      median(way.large), median(way.many_p50), median(way.many_p99), median(way.many));
  std::printf("  %-11s alone p50 of each round", "");
  for (const auto us : way.alone_p50) std::printf(" %.1f", us);
  if (!way.processes.empty())
    std::printf("   CPU a message alone %.2f, in flight %.2f us, of %zu processes", way.alone_cpu_us(),
                way.in_flight_cpu_us(), way.processes.size());
  std::printf("\n");
}

// The figures of interest, in the order of their first use.
class Ratios {
 public:
  void add(const std::string& name, double value) {
    if (!values_.contains(name)) names_.push_back(name);
    values_[name].push_back(value);
    std::printf("  %-58s %6.2f\n", name.c_str(), value);
  }
  void print_medians() const {
    std::printf("medians over the sessions (and each session)\n");
    for (const auto& name : names_) {
      const auto& values = values_.at(name);
      std::printf("  %-58s %6.2f  (", name.c_str(), median(values));
      for (const auto value : values) std::printf(" %.2f", value);
      std::printf(" )\n");
    }
  }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::vector<double>> values_;
};

// Compares what `wye` adds to its own direct way with what the bare relay adds to its own.
void compare(Ratios& ratios, const CdpWay& wye, const CdpWay& direct, const CdpWay& bare,
             const CdpWay& bare_direct) {
  const auto adds = [](const auto& a, const auto& b) { return median(a) - median(b); };
  ratios.add(wye.name + ": added at p50 / what the bare relay adds",
             adds(wye.alone_p50, direct.alone_p50) / adds(bare.alone_p50, bare_direct.alone_p50));
  ratios.add(wye.name + ": added at p99 / what the bare relay adds",
             adds(wye.alone_p99, direct.alone_p99) / adds(bare.alone_p99, bare_direct.alone_p99));
  ratios.add(wye.name + ": calls/s with 32 in flight / direct",
             median(wye.in_flight) / median(direct.in_flight));
  ratios.add(wye.name + ": MB/s of 20 MB both ways / direct", median(wye.large) / median(direct.large));
  ratios.add(wye.name + ": p50 of 50 connections / direct", median(wye.many_p50) / median(direct.many_p50));
  ratios.add(wye.name + ": CPU a message alone / bare relay", wye.alone_cpu_us() / bare.alone_cpu_us());
  ratios.add(wye.name + ": CPU a message in flight / bare relay",
             wye.in_flight_cpu_us() / bare.in_flight_cpu_us());
}

// Runs each case over all ways in turn. Each round begins with another way, since the machine's speed drifts.
int run_rounds(const std::vector<CdpWay*>& ways, int rounds, double seconds) {
  const auto began = Clock::now();
  int done = 0;
  double longest = 0;
  while (done < rounds && (done == 0 || seconds_since(began) + longest < seconds)) {
    const auto round_began = Clock::now();
    for (auto* const measure : {measure_alone, measure_in_flight, measure_large, measure_many})
      for (std::size_t i = 0; i < ways.size(); ++i)
        measure(*ways[(i + static_cast<std::size_t>(done)) % ways.size()]);
    longest = std::max(longest, seconds_since(round_began));
    ++done;
  }
  return done;
}

int run(int sessions, int rounds, double seconds) {
  const auto began = Clock::now();
  const Certificate certificate;
  const Platform plain(nullptr), secure(&certificate);
  Ratios ratios;
  for (int number = 1; number <= sessions; ++number) {
    Session session(plain, Kind::plain), tls_session(secure, Kind::tls), told_session(plain, Kind::commands);
    auto ways = session.ways();
    for (const auto* other : {&tls_session, &told_session})
      for (auto* way : other->ways()) ways.push_back(way);
    const double share = (seconds - seconds_since(began)) / (sessions - number + 1);
    const int done = run_rounds(ways, rounds, share);
    std::printf(
        "session %d of %d: %d rounds, medians of them; the pairs after the first three ways lead to other "
        "Chromiums\n",
        number, sessions, done);
    for (const auto* way : ways) print(*way);
    const auto &direct = session.way(0), &bare = session.way(1);
    compare(ratios, session.way(2), direct, bare, direct);
    compare(ratios, tls_session.way(1), tls_session.way(0), bare, direct);
    compare(ratios, told_session.way(1), told_session.way(0), bare, direct);
    std::fflush(stdout);
  }
  ratios.print_medians();
  return 0;
}

}  // namespace
}  // namespace wye::bench

int main(int argc, char** argv) {
  try {
    return wye::bench::run(argc > 1 ? std::atoi(argv[1]) : 5, argc > 2 ? std::atoi(argv[2]) : 3,
                           argc > 3 ? std::atof(argv[3]) : 110);
  } catch (const std::exception& error) {
    std::cerr << "cdp_bench: " << error.what() << "\n";
    return 1;
  }
}
