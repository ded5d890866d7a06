#include "load_fixture.h"

#include <filesystem>

#include "../live/wire_tap.h"

namespace wye::live {

void LoadTest::serve(ServeProcess::Options options) {
  metro_port_ = WireTap::free_port();
  options.metro_listen = "127.0.0.1:" + std::to_string(metro_port_);
  server_ = std::make_unique<ServeProcess>(std::move(options));
}

void LoadTest::TearDown() {
  if (!server_) return;
  const auto left = api("GET", "/browsers?limit=100");
  ASSERT_EQ(left.status, 200) << left.body << server_->output();
  const auto browsers = boost::json::parse(left.body);
  std::vector<std::string> half_made;  // known to no server; a server's next start ends them
  for (const auto& browser : browsers.as_array()) {
    const std::string id(browser.at("session_id").as_string());
    const auto status = api("DELETE", "/browsers/" + id).status;
    EXPECT_TRUE(status == 204 || status == 404) << status;
    if (status == 404) half_made.push_back(id);
  }
  if (!half_made.empty()) server_->restart();
  for (const auto& id : half_made)
    while (std::filesystem::exists(server_->data_dir() + "/sessions/" + id)) (void)api("GET", "/healthz");
  EXPECT_EQ(server_->stop(), 0) << server_->output();
}

load::Reply LoadTest::api(const std::string& method, const std::string& path, const std::string& body,
                          const std::string& key) {
  return load::ask_once(loop_, server_->port(),
                        load::api_request(method, path, key == "same" ? server_->api_key() : key, body));
}

LoadTest::Browser LoadTest::browser_of(const load::Reply& reply) {
  EXPECT_EQ(reply.status, 200) << reply.body;
  const auto browser = boost::json::parse(reply.body).as_object();
  const auto text = [&](const char* name) { return std::string(browser.at(name).as_string()); };
  return {text("session_id"), load::vm_address(text("base_url"), text("cdp_ws_url"))};
}

LoadTest::Browser LoadTest::create() {
  return browser_of(
      api("POST", "/browsers", R"({"headless":true,"timeout_seconds":300,"telemetry":{"enabled":true}})"));
}

load::Reply LoadTest::direct(const Browser& browser, const std::string& method, const std::string& tail,
                             const std::string& body) {
  return load::ask_once(loop_, browser.vm.port, browser.vm.request(method, tail, {}, body));
}

void LoadTest::make_events(const Browser& browser, int count) {
  for (int i = 0; i < count; ++i)
    ASSERT_EQ(direct(browser, "POST", "telemetry/events", R"({"type":"made","category":"control"})").status,
              200);
}

testing::ExpositionReader LoadTest::scrape() {
  const auto reply = api("GET", "/metrics");
  EXPECT_EQ(reply.status, 200) << reply.body;
  testing::ExpositionReader read(reply.body);
  EXPECT_EQ(read.faults(), std::vector<std::string>{});
  return read;
}

void LoadTest::await_value(const std::string& series, const std::function<bool(double)>& holds) {
  const auto until = load::Clock::now() + std::chrono::seconds(20);
  double value = scrape().value(series);
  while (!holds(value) && load::Clock::now() < until) {
    loop_.run_for(std::chrono::milliseconds(20));
    value = scrape().value(series);
  }
  EXPECT_TRUE(holds(value)) << series << " is " << value;
}
void LoadTest::await_metric(const std::string& series, double at_least) {
  await_value(series, [=](double value) { return value >= at_least; });
}
void LoadTest::await_metric_below(const std::string& series, double at_most) {
  await_value(series, [=](double value) { return value >= 0 && value <= at_most; });
}

std::string LoadTest::requests(const char* leg, const char* reason, const char* outcome) {
  return std::string("wye_requests_total{leg=\"") + leg + "\",reason=\"" + reason + "\",outcome=\"" +
         outcome + "\"}";
}

void LoadTest::expect_healthy() {
  for (const auto port : {server_->port(), metro_port_}) {
    const auto reply = load::ask_once(loop_, port, load::api_request("GET", "/healthz", ""));
    EXPECT_EQ(reply.status, 200) << (port == metro_port_ ? "metro " : "control plane ") << reply.body;
  }
}

load::Server LoadTest::server() const {
  return {server_->port(), metro_port_, server_->api_key(), server_->pid()};
}

}  // namespace wye::live
