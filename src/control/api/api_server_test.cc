// The control plane over HTTP, on a real store, with agents that a test scripts: a call that waits for
// something outside holds up no other call, and no answer is a guess.
#include "control/api_resources.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "control/store/sqlite_store.h"
#include "control/store/testing/scratch_dir.h"
#include "control/store/testing/store_steps.h"
#include "events/paging_contract.h"
#include "metro/testing/metro_fixture.h"
#include "wire/testing/sample_tail.h"

namespace wye::control {
namespace {

using metro::testing::Event;
using metro::testing::kOtherSession;
using metro::testing::kSession;
using metro::testing::ScriptedAgent;
using net::testing::RawConnection;
using net::testing::TempDir;

/// A driver that makes no VM, and ends one when the test says so.
class HeldDriver final : public host::Driver {
 public:
  Result<host::Vm> launch(const host::VmSpec&) override { return none(); }
  Result<host::Vm> adopt(const std::string&) override { return none(); }
  bool runs(const host::VmPlace&) override { return false; }
  Result<void> destroy(const host::VmPlace&, const std::string&) override {
    if (held_) (void)may_end_.wait();
    return {};
  }
  void hold() { held_ = true; }
  void let_end() { may_end_.set(); }

 private:
  static Error none() { return {.kind = ErrorKind::unsupported, .code = "none", .message = "no VMs here"}; }
  std::atomic<bool> held_ = false;
  Event may_end_;
};

/// Takes connections and sends nothing.
class SilentListener {
 public:
  SilentListener() : listener_(net::open_tcp_listener("127.0.0.1", 0, false).value()) {}
  [[nodiscard]] std::string origin() const { return "http://127.0.0.1:" + std::to_string(listener_.port); }

 private:
  net::TcpListener listener_;  // only the kernel's backlog answers
};

class ApiServerTest : public ::testing::Test {
 protected:
  static constexpr const char* kKey = "sk_first";
  static constexpr const char* kOtherKey = "sk_second";

  void start(ApiServerOptions options = {}, BrowserPatience patience = {}) {
    ASSERT_TRUE(keys_.admit(kKey, "first"));
    ASSERT_TRUE(keys_.admit(kOtherKey, "second"));
    ASSERT_TRUE(sessions_.start());
    server_ = std::make_unique<ApiServer>(keys_, random_, clock_, log_, options);
    add_resources(*server_, {.browsers = handlers_,
                             .keys = keys_,
                             .store = *store_,
                             .exporter = exporter_,
                             .sessions = sessions_,
                             .directory = directory_,
                             .random = random_,
                             .clock = clock_,
                             .log = log_,
                             .metro = options.metro,
                             .patience = patience});
    port_ = server_->start().value();
  }
  void live(const std::string& id, const std::string& name = {}) {
    Session session{.id = id, .created_at = 1, .jwt = "j"};
    if (!name.empty()) session.config.name = name;
    ASSERT_TRUE(store_->insert_session(session));
    testing::become_live(*store_, id);
    host_.own({.id = id, .created_at = 1, .vm = "{}"});
    directory_.add(id, metro::SessionState::live, net::Endpoint::unix_socket(socket_),
                   std::chrono::seconds(600));
  }
  void serve_agent() {
    agent_ = std::make_unique<ScriptedAgent>(
        socket_, metro::testing::answer_each([](const std::string&) { return metro::testing::ok("{}"); }));
  }
  void TearDown() override {
    driver_.let_end();
    exporter_.stop();
    server_.reset();  // and its connections to the agent
    agent_.reset();
  }

  static std::string request(const std::string& method, const std::string& path, const std::string& body = {},
                             const std::string& key = kKey, const std::string& fields = {}) {
    return method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + key + "\r\n" +
           fields + (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" +
           body;
  }
  /// Begins a request; its answer is read later.
  RawConnection begin(const std::string& bytes) const {
    auto client = RawConnection::to_tcp(port_);
    EXPECT_TRUE(client.send(bytes));
    return client;
  }
  RawConnection::Answer ask(const std::string& method, const std::string& path, const std::string& body = {},
                            const std::string& key = kKey) const {
    return begin(request(method, path, body, key)).read_answer();
  }
  std::string metric(const std::string& series) const {
    const auto text = ask("GET", "/metrics").body;
    const auto at = text.find("\n" + series + " ");
    if (at == std::string::npos) return "";
    const auto from = at + series.size() + 2;
    return text.substr(from, text.find('\n', from) - from);
  }
  void await_metric(const std::string& series, const std::string& value) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (metric(series) != value && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    EXPECT_EQ(metric(series), value) << series;
  }
  static std::string code_of(const RawConnection::Answer& answer) {
    const auto body = boost::json::parse(answer.body);
    return std::string(body.at("code").as_string());
  }

  testing::ScratchDir scratch_;
  TempDir dir_;
  const std::string socket_ = dir_.file("agent");
  SystemClock clock_;
  SystemRandom random_;
  Log log_{LogLevel::off};
  HeldDriver driver_;
  metro::TokenVerifier tokens_{"a secret"};
  metro::SessionDirectory directory_{clock_};
  std::unique_ptr<Store> store_ = open_sqlite_store(scratch_.file("wye.db")).value();
  host::Host host_{*store_, driver_, clock_, log_, {.data_dir = scratch_.file("data")}};
  Sessions sessions_{*store_, directory_, host_, tokens_, clock_, random_, log_};
  BrowserHandlers handlers_{*store_, sessions_, directory_, clock_, log_};
  ApiKeys keys_{store_->keys(), clock_, random_};
  Exporter exporter_{*store_, clock_, random_, log_, {.private_allowed = true}};
  std::unique_ptr<ScriptedAgent> agent_;
  std::unique_ptr<ApiServer> server_;
  std::uint16_t port_ = 0;
};

TEST_F(ApiServerTest, tests_of_destinations_that_never_answer_hold_up_nothing_else) {
  serve_agent();
  start();
  live(kSession, "named");
  const SilentListener silent;
  ASSERT_EQ(
      ask("POST", "/telemetry/destinations", R"({"name":"silent","endpoint":")" + silent.origin() + R"("})")
          .status,
      201);
  constexpr int kAsked = 300, kTaken = 4 + 16;  // the number that runs, of one key, and the number that waits
  std::vector<RawConnection> tests;
  for (int i = 0; i < kAsked; ++i)
    tests.push_back(begin(request("POST", "/telemetry/destinations/silent/test")));
  await_metric("wye_limit_hits_total{limit=\"workers\"}", std::to_string(kAsked - kTaken));
  // While they wait, everything else is answered, by id and by name, for this key and for another.
  for (const char* key : {kKey, kOtherKey}) {
    EXPECT_EQ(ask("GET", "/browsers", "", key).status, 200);
    EXPECT_EQ(ask("GET", "/browsers/" + kSession + "/telemetry", "", key).status, 200);
    EXPECT_EQ(ask("GET", "/browsers/named/telemetry", "", key).status, 200);
    EXPECT_EQ(ask("PATCH", "/browsers/" + kSession, R"({"name":"named"})", key).status, 200);
  }
  int told_to_wait = 0;
  for (auto& client : tests) {
    pollfd waits{client.fd(), POLLIN, 0};
    if (::poll(&waits, 1, 0) == 0) continue;
    const auto answer = client.read_answer();
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.has("Retry-After: "));
    ++told_to_wait;
  }
  EXPECT_EQ(told_to_wait, kAsked - kTaken);
  // Another key's test gets a turn: a waiting one of the first key gives up its place.
  const auto other = begin(request("POST", "/telemetry/destinations/silent/test", "", kOtherKey));
  await_metric("wye_requests_at_workers", std::to_string(kTaken + 1));
}

TEST_F(ApiServerTest, a_delete_waits_for_its_end_without_a_worker) {
  ApiServerOptions options;
  options.turns.records.running = options.turns.records.running_per_key = 1;
  driver_.hold();
  start(options);
  live(kSession);
  auto removed = begin(request("DELETE", "/browsers/" + kSession));
  const auto ending = [&] { return store_->session(kSession).value()->life == Life::ending; };
  while (!ending()) std::this_thread::yield();
  EXPECT_EQ(ask("GET", "/browsers").status, 200) << "the only worker is free";
  pollfd waits{removed.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&waits, 1, 0), 0) << "its archive is not whole yet";
  driver_.let_end();
  EXPECT_EQ(removed.read_answer().status, 204);
  EXPECT_EQ(store_->session(kSession).value()->life, Life::gone);
  EXPECT_EQ(ask("DELETE", "/browsers/" + kSession).status, 404);
}

TEST_F(ApiServerTest, a_delete_whose_archive_takes_too_long_is_answered_all_the_same) {
  const BrowserPatience patience{.remove = std::chrono::milliseconds(20)};
  driver_.hold();
  start({}, patience);
  live(kSession);
  EXPECT_EQ(ask("DELETE", "/browsers/" + kSession).status, 204);
  EXPECT_EQ(store_->session(kSession).value()->life, Life::ending);
}

TEST_F(ApiServerTest, a_full_queue_is_never_said_to_be_no_browser) {
  serve_agent();
  ApiServerOptions options;
  options.turns.records.running = options.turns.records.waiting = 0;
  start(options);
  live(kSession, "named");
  EXPECT_EQ(ask("GET", "/browsers/" + kSession + "/telemetry").status, 200) << "a living one needs no worker";
  for (const auto& path :
       {std::string("/browsers/named/telemetry"), "/browsers/" + kOtherSession + "/telemetry",
        "/browsers/" + kOtherSession, std::string("/browsers")}) {
    const auto answer = ask("GET", path);
    EXPECT_EQ(answer.status, 503) << path << answer.body;
    EXPECT_TRUE(answer.has("Retry-After: ")) << path;
  }
}

TEST_F(ApiServerTest, every_vm_call_is_passed_on_where_its_row_says) {
  serve_agent();
  start();
  live(kSession);
  Session gone{.id = kOtherSession, .created_at = 1, .jwt = "j"};
  ASSERT_TRUE(store_->insert_session(gone));
  testing::end_session(*store_, kOtherSession, 2);
  for (const auto& call : wire::vm_calls().rows())
    for (const auto& tail : wire::testing::sample_tails(call)) {
      const std::string method(call.method == "*" ? "POST" : call.method);
      const bool passes = call.reach == wire::Reach::anywhere || call.reach == wire::Reach::control_plane;
      EXPECT_EQ(ask(method, "/browsers/" + kSession + "/" + tail).status, passes ? 200 : 404) << tail;
      const auto answer = ask(method, "/browsers/" + kOtherSession + "/" + tail);
      EXPECT_EQ(answer.status, call.archived ? 200 : 404) << tail << answer.body;
      if (passes && !call.archived) {
        EXPECT_EQ(code_of(answer), "browser_gone") << tail;
      }
    }
  const auto refused = ask("PUT", "/browsers/" + kSession + "/process/exec");
  EXPECT_EQ(refused.status, 405);
  EXPECT_TRUE(refused.has("Allow: POST\r\n"));
}

TEST_F(ApiServerTest, a_path_has_one_meaning_and_tricks_are_refused) {
  start();
  struct Row {
    const char *method, *path;
    int status;
    const char* allow = "";
  };
  for (const auto& row : {Row{"GET", "/browsers", 200},
                          Row{"HEAD", "/browsers", 200},
                          Row{"GET", "/v1/browsers/", 200},
                          Row{"PUT", "/browsers", 405, "GET, HEAD, POST"},
                          Row{"OPTIONS", "/browsers", 405, "GET, HEAD, POST"},
                          Row{"POST", "/browsers/x", 405, "GET, HEAD, PATCH, DELETE"},
                          Row{"GET", "/browsers/x", 404},
                          Row{"GET", "/browsers/x/telemetry/events", 404},
                          Row{"GET", "/v2/telemetry/destinations", 200},
                          Row{"GET", "/telemetry/destinations/a/test", 405, "POST"},
                          Row{"GET", "/auth/context", 200},
                          Row{"GET", "/org/api_keys/x/rotate", 405, "POST"},
                          Row{"GET", "/telemetry/else", 404},
                          Row{"HEAD", "/metrics", 200},
                          Row{"POST", "/metrics", 405, "GET, HEAD"},
                          Row{"POST", "/healthz", 405, "GET, HEAD"},
                          Row{"GET", "/v1/healthz", 404},
                          Row{"GET", "/", 404},
                          Row{"GET", "/v1", 404},
                          Row{"GET", "/browsers/../x", 400},
                          Row{"GET", "/browsers/%2e%2e/x", 400},
                          Row{"GET", "/browsers/a%2Fb", 400},
                          Row{"GET", "/browsers/a/x%00", 400},
                          Row{"GET", "/browsers/x/%2E./y", 400},
                          Row{"GET", "/browsers/%ff", 400},
                          Row{"GET", "/browsers/%zz", 400},
                          Row{"GET", "/browsers//telemetry/events", 400},
                          Row{"GET", "/org/api_keys//rotate", 400}}) {
    auto client = begin(request(row.method, row.path));
    const auto answer = client.read_answer(std::string_view(row.method) == "HEAD");
    const auto what = std::string(row.method) + " " + row.path;
    EXPECT_EQ(answer.status, row.status) << what << answer.body;
    EXPECT_EQ(answer.has("Allow: "), *row.allow != 0) << what << answer.head;
    EXPECT_TRUE(*row.allow == 0 || answer.has(std::string("Allow: ") + row.allow + "\r\n")) << answer.head;
  }
}

TEST_F(ApiServerTest, a_server_without_its_store_is_well_and_says_so) {
  std::atomic<bool> away = false;
  ApiServerOptions options;
  options.store_is_away = [&away] { return away.load(); };
  start(options);
  EXPECT_EQ(ask("GET", "/healthz").body, R"({"status":"ok"})");
  away = true;
  const auto answer = ask("GET", "/healthz", "", "sk_wrong");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, R"({"status":"degraded","store":"away"})");
  server_.reset();  // it asks `away`
}

// What is refused early says no more than it must.
TEST_F(ApiServerTest, a_request_passes_its_gates_in_their_order) {
  start();
  const auto with = [this](const std::string& path, const std::string& fields) {
    return begin("POST " + path + " HTTP/1.1\r\n" + fields + "\r\n").read_answer();
  };
  const std::string stranger = "Host: evil.example\r\n", page = "Host: 127.0.0.1\r\nOrigin: http://evil\r\n";
  EXPECT_EQ(with("/healthz", stranger).status, 405) << "health is everybody's";
  EXPECT_EQ(with("/json/version", stranger).status, 421);
  EXPECT_EQ(with("/json/version", page).status, 403) << "a page is not told where browsers are";
  EXPECT_EQ(with("/json/version", "Host: 127.0.0.1\r\n").status, 404);
  for (const std::string path : {"/browsers", "/nothing", "/profiles", "/browsers/%zz", "/metrics"})
    EXPECT_EQ(with(path, "Host: 127.0.0.1\r\n").status, 401) << path << ": nothing is said without a key";
}

TEST_F(ApiServerTest, what_the_api_has_and_this_server_has_not_is_501_by_its_name) {
  start();
  for (const std::string path : {"profiles", "proxies/x/check", "extensions", "browser_pools/p/acquire",
                                 "org/projects", "audit-logs", "invocations/x"})
    for (const std::string prefix : {"/", "/v1/"}) {
      const auto answer = ask("GET", prefix + path);
      EXPECT_EQ(answer.status, 501) << path;
      EXPECT_EQ(code_of(answer), "not_implemented");
      EXPECT_NE(answer.body.find(path), std::string::npos) << answer.body;
      EXPECT_TRUE(answer.has("x-should-retry: false\r\n"));
    }
  EXPECT_EQ(ask("GET", "/nothing/of/ours").status, 404);
  EXPECT_EQ(ask("GET", "/profiles", "", "sk_wrong").status, 401);
}

TEST_F(ApiServerTest, a_devtools_client_is_told_where_a_browser_is_without_a_key) {
  ApiServerOptions options;
  options.metro = metro::MetroOrigin::parse("https://gw.example:8443").value();
  start(options);
  live(kSession);
  const std::string upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  for (const auto& path : {std::string("/"), "/browsers/" + kSession, std::string("/devtools/browser/x"),
                           std::string("/browser/cdp?jwt=x"), "/browsers/" + kSession + "/cdp"}) {
    const auto answer =
        begin("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + upgrade + "\r\n").read_answer();
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_NE(answer.body.find("wss://gw.example:8443/browser/cdp?jwt="), std::string::npos) << answer.body;
  }
  for (const auto& path : {std::string("/json/version"), std::string("/json/version/"),
                           std::string("/json/list"), "/browsers/" + kSession + "/json/version"}) {
    const auto answer = begin("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").read_answer();
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_NE(answer.body.find("cdp_ws_url"), std::string::npos) << answer.body;
  }
}

TEST_F(ApiServerTest, a_browsers_urls_are_at_its_own_origin_where_there_is_one_a_session) {
  handlers_.set_metro(metro::MetroOrigin::parse("https://*.browsers.example").value());
  start();
  live(kSession);
  const auto body = ask("GET", "/browsers/" + kSession).body;
  const auto browser = boost::json::parse(body).as_object();
  EXPECT_EQ(browser.at("base_url").as_string(),
            "https://" + kSession + ".browsers.example/browser/kernel/" + kSession);
  EXPECT_TRUE(browser.at("cdp_ws_url")
                  .as_string()
                  .starts_with("wss://" + kSession + ".browsers.example/browser/cdp?jwt="));
}

TEST_F(ApiServerTest, tags_are_found_however_their_names_are_encoded) {
  Session session{.id = kSession, .created_at = 1, .jwt = "j"};
  session.config.tags = {{"a b", "c d"}, {"x+y", "1+2"}};
  handlers_.set_metro(metro::MetroOrigin::parse("http://gw").value());
  start();
  ASSERT_TRUE(store_->insert_session(session));
  testing::become_live(*store_, kSession);
  for (const char* query : {"tags[a+b]=c+d", "tags%5Ba+b%5D=c%20d", "tags%5Ba%20b%5D=c+d",
                            "tags[x%2By]=1%2B2", "tags[a+b]=c+d&tags[x%2by]=1%2b2"})
    EXPECT_NE(ask("GET", std::string("/browsers?") + query).body, "[]") << query;
  for (const char* query : {"tags[a%2Bb]=c+d", "tags[a+b]=c%2Bd", "tags[x+y]=1%2B2"})
    EXPECT_EQ(ask("GET", std::string("/browsers?") + query).body, "[]") << query;
  EXPECT_EQ(ask("GET", "/browsers?tags[a%]=x").status, 400) << "not a list of everything";
  EXPECT_EQ(ask("GET", "/browsers?tags[a]=%zz").status, 400);
}

TEST_F(ApiServerTest, each_page_of_an_archive_that_lacks_its_end_says_so) {
  start();
  live(kSession);
  live(kOtherSession);
  std::vector<host::ArchiveBatch> batches(1);
  batches[0] = {.session = kSession,
                .records = {events::testing::sample(1, 10)},
                .mark = {.last_seq = 1, .last_ts = 10},
                .incomplete = host::IncompleteArchive{.reason = "spool_missing", .last_seq = 1}};
  ASSERT_TRUE(store_->archive(batches).value().at(0).taken);
  for (const auto& id : {kSession, kOtherSession}) {
    testing::end_session(*store_, id, 9);
    directory_.forget(id);
  }
  for (const char* query : {"offset=1", "offset=2"}) {
    const auto page = ask("GET", "/browsers/" + kSession + "/telemetry/events?" + query);
    EXPECT_EQ(page.status, 200) << page.body;
    EXPECT_TRUE(page.has("X-Wye-Archive: incomplete\r\n")) << page.head;
  }
  EXPECT_FALSE(ask("GET", "/browsers/" + kOtherSession + "/telemetry/events?offset=1").has("X-Wye-Archive"));
}

TEST_F(ApiServerTest, a_scheme_is_one_in_any_case) {
  start();
  const auto made =
      ask("POST", "/telemetry/destinations", R"({"name":"d","endpoint":"HTTPS://otel.example/in"})");
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_NE(made.body.find("\"https://otel.example/in\""), std::string::npos) << made.body;
  EXPECT_EQ(ask("POST", "/telemetry/destinations", R"({"name":"e","endpoint":"FTP://otel.example"})").status,
            400);
  EXPECT_EQ(ask("POST", "/telemetry/destinations", R"({"name":"f","endpoint":"https:otel.example"})").status,
            400);
}

}  // namespace
}  // namespace wye::control
