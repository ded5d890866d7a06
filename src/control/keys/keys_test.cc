#include "control/keys/keys.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "control/api/testing/resource_server.h"
#include "control/store/sqlite_store.h"
#include "control/store/testing/scratch_dir.h"
#include "testing/fake_clock.h"

namespace wye::control {
namespace {

namespace json = boost::json;

class KeyApi : public ::testing::Test {
 protected:
  KeyApi() : own_(keys_.create("own", 0, "").value()) {
    server_.api().add(std::make_unique<KeyHandlers>(keys_));
    server_.start();
  }

  net::Response call(const std::string& method, const std::string& target, const std::string& body = {}) {
    return server_.call(own_.key, method, target, body);
  }
  std::string code_of(const net::Response& response) {
    return std::string(json::parse(response.body).at("code").as_string());
  }

  testing::ScratchDir scratch_;
  wye::testing::FakeClock clock_;
  SystemRandom random_;
  std::unique_ptr<Store> store_ = open_sqlite_store(scratch_.file("wye.db")).value();
  ApiKeys keys_{store_->keys(), clock_, random_};
  const NewKey own_;
  testing::ResourceServer server_{keys_, random_, clock_};
};

TEST_F(KeyApi, a_key_has_every_field_of_the_contract_and_shows_itself_once) {
  const auto made = call("POST", "/org/api_keys", R"({"name":"ci","days_to_expire":90})");
  EXPECT_EQ(made.status, 201);
  auto shown = json::parse(made.body).as_object();
  const std::string key(shown.at("key").as_string());
  EXPECT_TRUE(key.starts_with("sk_"));
  const auto id = std::string(shown.at("id").as_string());
  shown.erase("key");
  for (const auto* field : {"id", "name", "masked_key", "created_at", "created_by", "expires_at",
                            "deleted_at", "project_id", "project_name"})
    EXPECT_TRUE(shown.contains(field)) << field;
  EXPECT_EQ(shown.size(), 9u);
  EXPECT_EQ(shown.at("created_by").at("id").as_string(), own_.record.id);
  EXPECT_TRUE(shown.at("created_by").as_object().contains("email"));
  EXPECT_TRUE(shown.at("created_by").at("name").is_null());
  EXPECT_TRUE(shown.at("expires_at").is_string());
  EXPECT_TRUE(shown.at("deleted_at").is_null());
  const auto again = call("GET", "/org/api_keys/" + id);
  EXPECT_EQ(json::parse(again.body), json::value(shown));
  EXPECT_EQ(call("GET", "/v1/org/api_keys").body.find(key), std::string::npos);
  EXPECT_EQ(server_.call(key, "GET", "/auth/context").status, 200);
}

TEST_F(KeyApi, a_key_cannot_delete_itself) {
  const auto refused = call("DELETE", "/org/api_keys/" + own_.record.id);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(code_of(refused), "cannot_delete_current_key");
  EXPECT_TRUE(keys_.accept(own_.key).value());
}

TEST_F(KeyApi, a_deleted_key_is_found_only_when_asked_for) {
  const auto other = keys_.create("other", 0, "").value();
  const auto path = "/org/api_keys/" + other.record.id;
  EXPECT_EQ(call("DELETE", path).status, 204);
  EXPECT_EQ(call("DELETE", path).status, 404);
  EXPECT_EQ(call("GET", path).status, 404);
  EXPECT_EQ(call("PATCH", path, R"({"name":"x"})").status, 404);
  EXPECT_EQ(call("POST", path + "/rotate").status, 404);
  const auto found = call("GET", path + "?include_deleted=true");
  EXPECT_EQ(found.status, 200);
  EXPECT_TRUE(json::parse(found.body).at("deleted_at").is_string());
  EXPECT_EQ(json::parse(call("GET", "/org/api_keys").body).as_array().size(), 1u);
  EXPECT_EQ(json::parse(call("GET", "/org/api_keys?status=all").body).as_array().size(), 2u);
  EXPECT_EQ(json::parse(call("GET", "/org/api_keys?include_deleted=true").body).as_array().size(), 2u);
  EXPECT_EQ(json::parse(call("GET", "/org/api_keys?status=deleted").body).as_array().size(), 1u);
}

TEST_F(KeyApi, rotate_takes_no_body_and_gives_a_week) {
  const auto other = keys_.create("other", 0, "").value();
  const auto made = call("POST", "/org/api_keys/" + other.record.id + "/rotate");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(json::parse(made.body).at("name").as_string(), "other");
  EXPECT_TRUE(json::parse(made.body).at("expires_at").is_null());
  EXPECT_EQ(keys_.find(other.record.id).value()->expires_at,
            clock_.unix_micros() + std::chrono::microseconds(std::chrono::hours(7 * 24)).count());
}

TEST_F(KeyApi, lists_say_where_they_go_on) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(keys_.create("k", 0, ""));
  const auto page = call("GET", "/org/api_keys?limit=2&offset=2");
  EXPECT_EQ(json::parse(page.body).as_array().size(), 2u);
  EXPECT_EQ(page.headers.get("X-Has-More"), "true");
  EXPECT_EQ(page.headers.get("X-Next-Offset"), "4");
  const auto last = call("GET", "/org/api_keys?limit=2&offset=4");
  EXPECT_EQ(last.headers.get("X-Has-More"), "false");
  EXPECT_EQ(last.headers.get("X-Next-Offset"), "0");
}

TEST_F(KeyApi, the_context_names_the_key) {
  const auto context = json::parse(call("GET", "/auth/context").body);
  EXPECT_EQ(context.at("principal").at("type").as_string(), "api_key");
  EXPECT_EQ(context.at("principal").at("id").as_string(), own_.record.id);
  EXPECT_EQ(context.at("authentication").at("credential_id").as_string(), own_.record.id);
  EXPECT_TRUE(context.at("authorization").at("effective_scope").at("project_id").is_null());
  EXPECT_TRUE(context.at("organization").at("id").is_string());
}

struct Refusal {
  const char* method;
  std::string target;
  const char* body;
  int status;
};
void PrintTo(const Refusal& row, std::ostream* out) {
  *out << row.method << " " << row.target << " " << row.body;
}

class RefusedKeyCall : public KeyApi, public ::testing::WithParamInterface<Refusal> {};

TEST_P(RefusedKeyCall, says_why) {
  auto target = GetParam().target;
  if (const auto at = target.find("OWN"); at != std::string::npos) target.replace(at, 3, own_.record.id);
  const auto answer = call(GetParam().method, target, GetParam().body);
  EXPECT_EQ(answer.status, GetParam().status) << answer.body;
  EXPECT_FALSE(json::parse(answer.body).at("message").as_string().empty());
}
INSTANTIATE_TEST_SUITE_P(
    Rows, RefusedKeyCall,
    ::testing::Values(
        Refusal{"POST", "/org/api_keys", "{}", 400}, Refusal{"POST", "/org/api_keys", "{", 400},
        Refusal{"POST", "/org/api_keys", "", 400}, Refusal{"POST", "/org/api_keys", R"({"name":7})", 400},
        Refusal{"POST", "/org/api_keys", R"({"name":"n","days_to_expire":0})", 400},
        Refusal{"POST", "/org/api_keys", R"({"name":"n","days_to_expire":3651})", 400},
        Refusal{"POST", "/org/api_keys", R"({"name":"n","days_to_expire":1.5})", 400},
        Refusal{"POST", "/org/api_keys", R"({"name":"n","project_id":"p"})", 404},
        Refusal{"POST", "/org/api_keys", R"({"name":"n","policy":{}})", 501},
        Refusal{"PUT", "/org/api_keys", "", 405}, Refusal{"DELETE", "/org/api_keys", "", 405},
        Refusal{"GET", "/org/api_keys?limit=0", "", 400},
        Refusal{"GET", "/org/api_keys?sort_by=key", "", 400},
        Refusal{"GET", "/org/api_keys?sort_direction=up", "", 400},
        Refusal{"GET", "/org/api_keys?status=some", "", 400}, Refusal{"GET", "/org/api_keys/none", "", 404},
        Refusal{"PATCH", "/org/api_keys/OWN", "{}", 400},
        Refusal{"PATCH", "/org/api_keys/none", R"({"name":"n"})", 404},
        Refusal{"POST", "/org/api_keys/OWN", "", 405}, Refusal{"GET", "/org/api_keys/OWN/rotate", "", 405},
        Refusal{"POST", "/org/api_keys/OWN/other", "", 404},
        Refusal{"POST", "/org/api_keys/OWN/rotate", R"({"expire_in_days":-1})", 400},
        Refusal{"POST", "/org/api_keys/OWN/rotate", R"({"expire_in_days":9,"days_to_expire":8})", 400},
        Refusal{"POST", "/org/api_keys/none/rotate", "{}", 404},
        Refusal{"DELETE", "/org/api_keys/none", "", 404}, Refusal{"POST", "/auth/context", "", 405}));

}  // namespace
}  // namespace wye::control
