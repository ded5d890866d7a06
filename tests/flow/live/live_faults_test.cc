#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "held_database.h"
#include "live_story.h"

namespace wye::live {
namespace {

std::string tail_of(const std::string& id) {
  return "/browsers/" + id + "/telemetry/events?offset=1&limit=100";
}

TEST_F(LiveStory, a_browser_is_not_gone_while_its_archive_is_held_back) {
  const auto id = create_browser();
  make_events(id, 3);
  HeldDatabase held(server_->data_dir() + "/wye.db");
  ASSERT_EQ(::kill(find_agent(*server_, id), SIGKILL), 0);
  Reply reply;
  do {  // the last bytes of the dying agent may still be on their way
    reply = call("GET", tail_of(id));
    ASSERT_NE(reply.status, 404) << reply.body;
  } while (reply.status != 503);
  EXPECT_EQ(reply.via, Via::direct);
  EXPECT_EQ(reply.code(), "upstream_unavailable");
  EXPECT_EQ(reply.header("Retry-After"), "1");
  EXPECT_FALSE(reply.fell_back);
  const Client around({.api_key = server_->api_key(),
                       .base_url = server_->base_url(),
                       .routing_subresources = std::vector<std::string>(),
                       .max_retries = 0});
  EXPECT_EQ(around.request({.path = tail_of(id)}).value().status, 503) << "both legs say the same";
  held.release();
  do reply = call("GET", tail_of(id));
  while (reply.status == 503);
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_TRUE(reply.fell_back);
  EXPECT_EQ(reply.json().as_array().size(), 3u) << reply.body;
}

class ForgingVm : public LiveStory {
 protected:
  ForgingVm()
      : LiveStory({.extra_args = {"--agent", std::filesystem::path(std::getenv("WYE_BIN")).parent_path() /
                                                 "../tests/forging_agent"}}) {}
};

TEST_F(ForgingVm, a_vm_that_says_browser_gone_itself_is_not_believed) {
  const auto id = create_browser();
  const auto reply = call("GET", tail_of(id));
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.code(), "not_found") << reply.body;
  EXPECT_EQ(reply.via, Via::direct);
  EXPECT_FALSE(reply.fell_back);
  EXPECT_EQ(client_->routes().size(), 1u);
}

// Bad input at the control plane: a clear 4xx, and the browser beside it is not harmed.

TEST_F(LiveStory, bad_input_is_refused_clearly_and_harms_nobody) {
  const auto id = create_browser();
  struct Row {
    const char* method;
    std::string path;
    std::string body;
    int status;
  };
  const std::string unknown(24, 'z');
  const std::vector<Row> rows{
      {"POST", "/browsers", "{\"headless\":", 400},
      {"POST", "/browsers", "{\"name\":\"\xff\"}", 400},
      {"POST", "/browsers", R"({"timeout_seconds":99999999999999999999})", 400},
      {"POST", "/browsers", "\"" + std::string(10 << 20, 'x') + "\"", 413},
      {"POST", "/browsers/" + id + "/curl", "\"" + std::string(10 << 20, 'x') + "\"", 413},
      {"POST", "/browsers/" + id + "/curl", R"({"url":"file:///etc/passwd"})", 400},
      {"POST", "/browsers/" + id + "/curl", R"({"url":"http://x/","headers":{"a":"b\r\nc: d"}})", 400},
      {"POST", "/browsers/" + id + "/telemetry/events", R"({"category":"control"})", 400},
      {"GET", "/browsers/" + unknown, "", 404},
      {"GET", "/browsers/" + unknown + "/telemetry/events", "", 404},
      {"PATCH", "/browsers/" + unknown, "{}", 404},
      {"DELETE", "/browsers/no-such-name", "", 404},
      {"GET", "/browsers?limit=0", "", 400},
      {"GET", "/browsers?limit=x", "", 400},
      {"GET", "/browsers/" + id + "/telemetry/events?order=desc&since=5m", "", 400},
      {"GET", "/browsers/%2e%2e/healthz", "", 400},
      {"GET", "/browsers/a%2Fb", "", 400},
      {"GET", "/browsers/a%00", "", 400},
      {"GET", "/browsers/../healthz", "", 400},
      {"GET", "/nothing", "", 404},
      {"PUT", "/browsers", "{}", 405},
  };
  for (const auto& row : rows) {
    const auto reply = call(row.method, row.path, row.body);
    ASSERT_FALSE(reply.error) << row.path << " " << reply.error->message;
    EXPECT_EQ(reply.status, row.status) << row.method << " " << row.path << " " << row.body.substr(0, 60)
                                        << " → " << reply.body.substr(0, 200);
    EXPECT_FALSE(reply.code().empty()) << row.path << " " << reply.body;
  }
  EXPECT_EQ(call("GET", "/browsers/" + id).status, 200);
  EXPECT_EQ(call("GET", tail_of(id)).status, 200);
}

TEST_F(LiveStory, tokens_of_others_are_refused) {
  const auto mine = create_browser(), other = create_browser();
  const auto token_of = [&](const std::string& id) {
    const auto url = client_->browsers().retrieve(id).value().cdp_ws_url;
    return url.substr(url.find("jwt=") + 4);
  };
  const auto base =
      client_->browsers().retrieve(mine).value().base_url.value() + "/telemetry/events?offset=1";
  const auto status = [&](const std::string& token) {
    return client_->request({.path = base + (token.empty() ? "" : "&jwt=" + token)}).value();
  };
  const auto good = token_of(mine);
  EXPECT_EQ(status(good).status, 200);
  const std::string none =
      "eyJhbGciOiJub25lIn0" + good.substr(good.find('.'), good.rfind('.') - good.find('.')) + ".";
  for (const auto& bad : {std::string(), token_of(other), good.substr(0, good.size() - 2) + "AA", none,
                          std::string("x.y.z"), good + "x"}) {
    const auto answer = status(bad);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.body, "Invalid JWT");
  }
}

}  // namespace
}  // namespace wye::live
