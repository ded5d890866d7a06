#include "fronts.h"

#include <boost/asio/post.hpp>
#include <filesystem>
#include <thread>

#include "control/api_resources.h"
#include "control/store/sqlite_store.h"

namespace wye::hostile {
namespace {

using metro::testing::ScriptedAgent;
using net::testing::RawConnection;
using net::testing::TempDir;

const std::string kSession = metro::testing::kSession;
const std::string kKey = "sk_hostile";
constexpr auto kIdle = std::chrono::seconds(600);

/// Makes no VM, since none is needed here.
class NoDriver final : public host::Driver {
 public:
  Result<host::Vm> launch(const host::VmSpec&) override { return none(); }
  Result<host::Vm> adopt(const std::string&) override { return none(); }
  bool runs(const host::VmPlace&) override { return false; }
  Result<void> destroy(const host::VmPlace&, const std::string&) override { return {}; }

 private:
  static Error none() { return {.kind = ErrorKind::unsupported, .code = "none", .message = "no VMs here"}; }
};

class DataDir {
 public:
  DataDir() {
    path_ = (std::filesystem::temp_directory_path() / "wye-hostile-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary directory");
  }
  ~DataDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class ControlPlane final : public InProcess {
 public:
  explicit ControlPlane(Patience patience) {
    const control::Session session{.id = kSession, .life = control::Life::live, .created_at = 1, .jwt = "j"};
    store_->insert_session(session).value();
    directory_.add(kSession, metro::SessionState::live, net::Endpoint::unix_socket(socket_), kIdle);
    control::ApiServerOptions options;
    options.limits.head_timeout = patience.head;
    options.limits.idle_timeout = patience.idle;
    options.limits.body_timeout = patience.body;
    options.limits.whole_body_timeout = 2 * patience.body;
    keys_.admit(kKey, "hostile").value();
    server_ = std::make_unique<control::ApiServer>(keys_, random_, clock_, log_, options);
    control::add_resources(*server_, {.browsers = handlers_,
                                      .keys = keys_,
                                      .store = *store_,
                                      .exporter = exporter_,
                                      .sessions = sessions_,
                                      .directory = directory_,
                                      .random = random_,
                                      .clock = clock_,
                                      .log = log_});
    port_ = server_->start().value();
  }
  ~ControlPlane() override { server_->stop(); }
  Front front() override {
    return {.name = "control plane",
            .to = {.path = "/browsers/" + kSession + "/telemetry/events?limit=1",
                   .fields = "Host: 127.0.0.1\r\nAuthorization: Bearer " + kKey + "\r\n"},
            .connect = [port = port_] { return RawConnection::to_tcp(port); },
            .arrived = [this] { return arrivals_.lines(); }};
  }

 private:
  DataDir data_;
  TempDir dir_;
  const std::string socket_ = dir_.file("agent");
  Arrivals arrivals_;
  ScriptedAgent agent_{socket_, recording(arrivals_)};
  SystemClock clock_;
  SystemRandom random_;
  Log log_{LogLevel::off};
  NoDriver driver_;
  metro::TokenVerifier tokens_{"a secret"};
  metro::SessionDirectory directory_{clock_};
  std::unique_ptr<control::Store> store_ = control::open_sqlite_store(data_.path() + "/wye.db").value();
  host::Host host_{*store_, driver_, clock_, log_, {.data_dir = data_.path()}};
  control::Sessions sessions_{*store_, directory_, host_, tokens_, clock_, random_, log_};
  control::BrowserHandlers handlers_{*store_, sessions_, directory_, clock_, log_};
  control::ApiKeys keys_{store_->keys(), clock_, random_};
  control::Exporter exporter_{*store_, clock_, random_, log_};
  std::unique_ptr<control::ApiServer> server_;
  std::uint16_t port_ = 0;
};

class Gateway final : public InProcess {
 public:
  explicit Gateway(Patience patience) {
    metro::MetroOptions options;
    options.threads = 1;
    options.head_timeout = patience.head;
    options.idle_timeout = patience.idle;
    options.body_timeout = patience.body;
    directory_.add(kSession, metro::SessionState::live, net::Endpoint::unix_socket(socket_), kIdle);
    metro_ = std::make_unique<metro::Metro>(directory_, tokens_, log_, clock_, options);
    port_ = metro_->start().value();
  }
  ~Gateway() override { metro_->stop(); }
  Front front() override {
    metro::TokenClaims claims;
    claims.session_id = kSession;
    claims.exp = 4'000'000'000;
    return {.name = "metro",
            .to = {.path = "/browser/kernel/" + kSession + "/telemetry/events?jwt=" + tokens_.sign(claims),
                   .fields = "Host: 127.0.0.1\r\n"},
            .connect = [port = port_] { return RawConnection::to_tcp(port); },
            .arrived = [this] { return arrivals_.lines(); }};
  }

 private:
  TempDir dir_;
  const std::string socket_ = dir_.file("agent");
  Arrivals arrivals_;
  ScriptedAgent agent_{socket_, recording(arrivals_)};
  SystemClock clock_;
  Log log_{LogLevel::off};
  metro::TokenVerifier tokens_{"a secret"};
  metro::SessionDirectory directory_{clock_};
  std::unique_ptr<metro::Metro> metro_;
  std::uint16_t port_ = 0;
};

class AgentServer final : public InProcess {
 public:
  explicit AgentServer(Patience patience) {
    net::ServerLimits limits;
    limits.head_timeout = patience.head;
    limits.idle_timeout = patience.idle;
    limits.body_timeout = patience.body;
    limits.whole_body_timeout = 2 * patience.body;
    server_ = std::make_unique<net::HttpServer>(
        io_, [this](net::Exchange& exchange) { return handle(exchange); }, limits);
    server_->listen_unix(socket_).value();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~AgentServer() override {
    boost::asio::post(io_, [this] {
      server_->close();
      io_.stop();
    });
    thread_.join();
  }
  Front front() override {
    return {.name = "agent",
            .to = {.path = "/telemetry/events", .fields = "Host: localhost\r\n"},
            .connect = [path = socket_] { return RawConnection::to_unix(path); },
            .arrived = [this] { return arrivals_.lines(); },
            .has_routes = false};
  }

 private:
  net::Task<> handle(net::Exchange& exchange) {
    auto body = co_await exchange.read_body(1 << 20);
    net::Response response;
    if (body) {
      arrivals_.add(exchange.head().method + " " + exchange.head().target);
      response = net::json_response(200, "{}");
    } else {
      response = net::error_response(body.error());
    }
    co_await exchange.respond(std::move(response));
  }

  TempDir dir_;
  const std::string socket_ = dir_.file("agent");
  Arrivals arrivals_;
  boost::asio::io_context io_{1};
  std::unique_ptr<net::HttpServer> server_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<InProcess> control_plane(Patience patience) {
  return std::make_unique<ControlPlane>(patience);
}
std::unique_ptr<InProcess> metro_gateway(Patience patience) { return std::make_unique<Gateway>(patience); }
std::unique_ptr<InProcess> agent_server(Patience patience) { return std::make_unique<AgentServer>(patience); }

}  // namespace wye::hostile
