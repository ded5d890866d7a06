// Agents that abuse their descriptors harm their own session only.
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "live_story.h"

namespace wye::live {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

/// Far shorter than any timeout of the server, and long enough on a busy machine.
constexpr seconds kPrompt{5};

class HostileAgent : public LiveStory {
 protected:
  HostileAgent()
      : LiveStory({.extra_args = {"--agent", std::filesystem::path(std::getenv("WYE_BIN")).parent_path() /
                                                 "../tests/forging_agent"}}) {}
  static std::string tail_of(const std::string& id) {
    return "/browsers/" + id + "/telemetry/events?offset=1&limit=100";
  }
  Reply make_it(const std::string& id, const std::string& what) {
    return call("POST", "/browsers/" + id + "/telemetry/events?do=" + what, "{}");
  }
  [[nodiscard]] std::int64_t blocks_of(const std::string& id, const char* file) const {
    struct stat status {};
    const auto path = server_->data_dir() + "/sessions/" + id + "/" + file;
    return ::stat(path.c_str(), &status) == 0 ? status.st_blocks * 512 : 0;
  }
  void ends_by_itself(const std::string& id) {
    const auto until = steady_clock::now() + seconds(30);
    while (call("GET", "/browsers/" + id).status != 404) ASSERT_LT(steady_clock::now(), until);
    while (std::filesystem::exists(server_->data_dir() + "/sessions/" + id))
      ASSERT_LT(steady_clock::now(), until);
    EXPECT_NE(server_->output().find("a spool is beyond its bound"), std::string::npos);
  }
};

TEST_F(HostileAgent, a_poisoned_spool_stops_nobody) {
  const Client other({.api_key = server_->api_key(), .base_url = server_->base_url(), .max_retries = 0});
  const auto made = other.browsers().create({.headless = true, .timeout_seconds = 300});
  ASSERT_TRUE(made) << made.error().message;
  const auto past = made.value().session_id;
  ASSERT_EQ(call("DELETE", "/browsers/" + past).status, 204);
  const auto id = create_browser(), living = create_browser();
  ASSERT_EQ(make_it(id, "poison").status, 200);
  ASSERT_EQ(make_it(living, "poison").status, 200);

  auto begin = steady_clock::now();
  const auto gone = other.request({.path = tail_of(past)});
  ASSERT_TRUE(gone) << gone.error().message;
  EXPECT_TRUE(gone->route.fell_back) << "the metro said browser_gone";
  EXPECT_EQ(gone->status, 200);
  EXPECT_LT(steady_clock::now() - begin, kPrompt);

  begin = steady_clock::now();
  EXPECT_EQ(call("DELETE", "/browsers/" + id).status, 204);
  const auto archived = call("GET", tail_of(id));
  EXPECT_LT(steady_clock::now() - begin, kPrompt);
  EXPECT_EQ(archived.status, 200) << archived.body;
  EXPECT_NE(archived.body.find("telemetry_damaged"), std::string::npos) << archived.body;

  ASSERT_EQ(make_it(living, "poison").status, 200);
  begin = steady_clock::now();
  EXPECT_EQ(server_->stop(), 0);
  EXPECT_LT(steady_clock::now() - begin, kPrompt);
  server_->start();
}

TEST_F(HostileAgent, a_spool_that_takes_the_disk_ends_its_session) {
  for (const auto* how : {"reserve", "map"}) {
    const auto id = create_browser();
    (void)make_it(id, how);  // the session may end before it has answered
    ends_by_itself(id);
  }
}

TEST_F(HostileAgent, a_log_that_takes_the_disk_begins_again) {
  const auto id = create_browser();
  ASSERT_EQ(make_it(id, "log").status, 200);
  const auto until = steady_clock::now() + seconds(30);
  while (blocks_of(id, "agent.log") > 16 << 20) ASSERT_LT(steady_clock::now(), until);
  EXPECT_EQ(call("GET", "/browsers/" + id).status, 200);
}

}  // namespace
}  // namespace wye::live
