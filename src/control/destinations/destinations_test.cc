#include "control/destinations/destinations.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "control/api/testing/resource_server.h"
#include "control/browsers/telemetry_export.h"
#include "control/store/sqlite_store.h"
#include "control/store/testing/scratch_dir.h"
#include "testing/fake_clock.h"
#include "testing/scripted_peer.h"

namespace wye::control {
namespace {

namespace json = boost::json;

constexpr const char* kAll = "/telemetry/destinations";
constexpr const char* kGood =
    R"({"name":"prod","endpoint":"https://otel.example/in/","headers":{"Authorization":"Bearer s3cret"}})";

class DestinationApi : public ::testing::Test {
 protected:
  DestinationApi() {
    server_.api().add(std::make_unique<DestinationHandlers>(store_->exports(), exporter_, clock_, random_));
    server_.start();
  }
  net::Response call(const std::string& method, const std::string& target, const std::string& body = {}) {
    auto response = server_.call(key_, method, target, body);
    EXPECT_EQ(response.body.find("s3cret"), std::string::npos) << response.body;
    return response;
  }
  testing::ScratchDir scratch_;
  wye::testing::FakeClock clock_;
  SystemRandom random_;
  const Log log_;
  std::unique_ptr<Store> store_ = open_sqlite_store(scratch_.file("wye.db")).value();
  Exporter exporter_{*store_, clock_, random_, log_};
  ApiKeys keys_{store_->keys(), clock_, random_};
  const std::string key_ = keys_.create("own", 0, "").value().key;
  testing::ResourceServer server_{keys_, random_, clock_};
};

TEST_F(DestinationApi, a_destination_is_made_shown_changed_and_deleted) {
  const auto made = call("POST", kAll, kGood);
  ASSERT_EQ(made.status, 201) << made.body;
  const auto shown = json::parse(made.body).as_object();
  EXPECT_EQ(shown.at("name").as_string(), "prod");
  EXPECT_EQ(shown.at("endpoint").as_string(), "https://otel.example/in");
  EXPECT_EQ(shown.at("headers"), json::parse(R"({"authorization":""})"))
      << "a value comes in and never goes out";
  EXPECT_EQ(shown.at("protocol").as_string(), "http/protobuf");
  EXPECT_EQ(shown.at("signals"), json::parse(R"(["logs","traces"])"));
  EXPECT_EQ(shown.at("status"), json::parse(R"({"backlog":0,"sent":0,"dropped":0})"));
  const auto id = std::string(shown.at("id").as_string());
  for (const auto& name : {id, std::string("PROD")})
    EXPECT_EQ(json::parse(call("GET", std::string(kAll) + "/" + name).body), json::value(shown));
  const auto changed = call("PATCH", std::string(kAll) + "/prod",
                            R"({"name":"test","protocol":"http/json","signals":["logs"],"description":"d"})");
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(call("GET", std::string(kAll) + "/prod").status, 404);
  const auto kept = store_->exports().by_id(id).value();
  EXPECT_EQ(kept->headers.at("authorization"), "Bearer s3cret") << "what is not named stays";
  EXPECT_FALSE(kept->traces);
  const auto list = call("GET", std::string(kAll) + "?limit=1");
  EXPECT_EQ(json::parse(list.body).as_array().size(), 1u);
  EXPECT_EQ(list.headers.get("X-Has-More"), "false");
  EXPECT_EQ(call("DELETE", std::string(kAll) + "/test").status, 204);
  EXPECT_EQ(call("DELETE", std::string(kAll) + "/test").status, 404);
  EXPECT_EQ(call("PUT", kAll).status, 405);
  EXPECT_EQ(call("GET", std::string(kAll) + "/x/y").status, 404);
}

TEST_F(DestinationApi, what_is_shown_can_be_sent_back_and_keeps_the_values) {
  ASSERT_EQ(call("POST", kAll, kGood).status, 201);
  const auto id = store_->exports().by_name("prod").value()->id;
  const auto shown = call("GET", std::string(kAll) + "/prod").body;
  ASSERT_EQ(call("PATCH", std::string(kAll) + "/prod", shown).status, 200);
  EXPECT_EQ(store_->exports().by_id(id).value()->headers.at("authorization"), "Bearer s3cret");
  ASSERT_EQ(call("PATCH", std::string(kAll) + "/prod", R"({"headers":{"x-key":"s3cret2"}})").status, 200);
  EXPECT_EQ(store_->exports().by_id(id).value()->headers,
            (std::map<std::string, std::string>{{"x-key", "s3cret2"}}));
  ASSERT_EQ(call("PATCH", std::string(kAll) + "/prod", R"({"headers":{}})").status, 200);
  EXPECT_TRUE(store_->exports().by_id(id).value()->headers.empty());
}

TEST_F(DestinationApi, bad_input_names_the_field_and_quotes_no_value) {
  struct Row {
    const char* body;
    const char* names;
  };
  for (const auto& [body, names] : {
           Row{R"({"endpoint":"https://a.example"})", "name"},
           Row{R"({"name":"a b","endpoint":"https://a.example"})", "name"},
           Row{R"({"name":"n"})", "endpoint"},
           Row{R"({"name":"n","endpoint":"ftp://a.example"})", "endpoint"},
           Row{R"({"name":"n","endpoint":"https://"})", "endpoint"},
           Row{R"({"name":"n","endpoint":"https://a.example/x y"})", "endpoint"},
           Row{R"({"name":"n","endpoint":"https://u:s3cret@a.example"})", "endpoint"},
           Row{R"({"name":"n","endpoint":"https://a.example/?key=s3cret"})", "endpoint"},
           Row{R"({"name":"n","endpoint":"https://a.example/v1/logs"})", "endpoint"},
           Row{R"({"name":"n","endpoint":"http://127.0.0.1:4318"})", "endpoint"},
           Row{R"({"name":"n","endpoint":"http://[::1]:4318"})", "endpoint"},
           Row{R"({"name":"n","endpoint":"http://0x7f.1/"})", "endpoint"},
           Row{R"({"name":"n","endpoint":"http://169.254.169.254/"})", "endpoint"},
           Row{R"({"name":"n","endpoint":"https://a.example","protocol":"grpc"})", "protocol"},
           Row{R"({"name":"n","endpoint":"https://a.example","signals":["metrics"]})", "signals"},
           Row{R"({"name":"n","endpoint":"https://a.example","signals":[]})", "signals"},
           Row{R"({"name":"n","endpoint":"https://a.example","headers":{"a":5}})", "headers"},
           Row{R"({"name":"n","endpoint":"https://a.example","headers":{"a":""}})", "headers"},
           Row{R"({"name":"n","endpoint":"https://a.example","headers":{"Host":"s3cret"}})", "headers"},
           Row{R"({"name":"n","endpoint":"https://a.example","headers":{"a":"s3cret\r\nb: c"}})", "headers"},
           Row{R"({"name":"n","endpoint":"https://a.example","headers":{"Bearer s3cret":"x"}})", "headers"},
           Row{R"({"name":"n","endpoint":"https://a.example","headers":{"a":"1","A":"2"}})", "headers"},
       }) {
    const auto refused = call("POST", kAll, body);
    EXPECT_EQ(refused.status, 400) << body;
    EXPECT_NE(refused.body.find(names), std::string::npos) << body << " " << refused.body;
  }
  EXPECT_EQ(call("POST", kAll, "{\"headers\":{\"a\":\"s3cret").status, 400);
  ASSERT_EQ(call("POST", kAll, kGood).status, 201);
  EXPECT_EQ(call("POST", kAll, kGood).status, 409);
  EXPECT_EQ(store_->exports().count().value(), 1);
}

TEST_F(DestinationApi, is_bounded_and_in_use_is_409) {
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(call("POST", kAll, R"({"name":"n)" + std::to_string(i) + R"(","endpoint":"https://a.example"})")
                  .status,
              201);
  EXPECT_EQ(call("POST", kAll, kGood).status, 409);
  const auto id = store_->exports().by_name("n0").value()->id;
  ASSERT_TRUE(store_->insert_session({.id = std::string(24, 's'), .jwt = "j", .export_to = id}));
  const auto refused = call("DELETE", std::string(kAll) + "/n0");
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("conflict"), std::string::npos);
}

TEST_F(DestinationApi, a_test_sends_an_empty_request_and_says_what_came) {
  wye::testing::ScriptedPeer peer([](const wye::testing::SeenRequest& request) {
    return wye::testing::answer(request.line.find("traces") == std::string::npos ? 200 : 401, "s3cret");
  });
  Exporter reaching(*store_, clock_, random_, log_, {.private_allowed = true});
  testing::ResourceServer server(keys_, random_, clock_);
  server.api().add(std::make_unique<DestinationHandlers>(store_->exports(), reaching, clock_, random_));
  server.start();
  ASSERT_TRUE(store_->exports().add({.id = std::string(24, 'd'), .name = "near", .endpoint = peer.origin()}));
  const auto said = server.call(key_, "POST", std::string(kAll) + "/near/test");
  EXPECT_EQ(json::parse(said.body), json::parse(R"({"logs":{"result":"accepted"},
    "traces":{"result":"refused","reason":"the destination answered 401"}})"));
  EXPECT_EQ(peer.seen().at(0).body, "");
}

TEST_F(DestinationApi, where_a_session_exports_to_follows_what_is_asked) {
  ASSERT_EQ(call("POST", kAll, kGood).status, 201);
  const auto id = store_->exports().by_name("prod").value()->id;
  const auto after = [&](std::optional<bool> enabled, std::optional<OtlpDestinationRef> named, bool on,
                         const std::string& current) {
    const TelemetryRequest request{.export_ =
                                       TelemetryExportRequest{OtlpExportRequest{enabled, std::move(named)}}};
    const auto to = export_after(request, on, current, store_->exports());
    return to ? *to : "! " + to.error().message;
  };
  const OtlpDestinationRef by_name{.name = "prod"}, by_id{.id = id}, nobody{.name = "x"}, both{id, "prod"};
  EXPECT_EQ(export_after({}, true, "now", store_->exports()).value(), "now");
  EXPECT_EQ(after({}, {}, true, "now"), "now");
  EXPECT_EQ(after(true, by_name, true, ""), id);
  EXPECT_EQ(after({}, by_id, true, ""), id);
  EXPECT_EQ(after(true, {}, true, "now"), "now");
  EXPECT_EQ(after(false, {}, true, "now"), "");
  EXPECT_EQ(after(true, {}, true, "").substr(0, 1), "!");
  EXPECT_EQ(after(true, nobody, true, "").substr(0, 1), "!");
  EXPECT_EQ(after(true, both, true, "").substr(0, 1), "!");
  EXPECT_EQ(after(false, by_id, true, "").substr(0, 1), "!");
  EXPECT_EQ(after(true, by_id, false, "").substr(0, 1), "!")
      << "without telemetry there is nothing to export";
}

}  // namespace
}  // namespace wye::control
