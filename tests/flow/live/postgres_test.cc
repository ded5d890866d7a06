// The platform with its record in PostgreSQL, and what still works while the database is away.
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "live_story.h"
#include "testing/private_postgres.h"

namespace wye::live {
namespace {

using testing::PrivatePostgres;

// How the database goes away, and how it comes back.
struct Strike {
  const char* name;
  void (PrivatePostgres::*away)();
  void (PrivatePostgres::*back)();
};
void PrintTo(const Strike& strike, std::ostream* out) { *out << strike.name; }

class LivePostgres : public LiveStory {
 protected:
  LivePostgres() : LivePostgres(std::make_unique<PrivatePostgres>()) {}
  explicit LivePostgres(std::unique_ptr<PrivatePostgres> postgres)
      : LiveStory({.environment = {"WYE_DATABASE=" + postgres->url()}}), postgres_(std::move(postgres)) {}

  /// Repeats the request until the status is as wanted.
  Reply until(int status, const std::string& method, const std::string& path, const std::string& word = {}) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    for (;;) {
      auto reply = call(method, path);
      if (reply.status == status && reply.body.find(word) != std::string::npos) return reply;
      if (std::chrono::steady_clock::now() > deadline) {
        ADD_FAILURE() << method << " " << path << ": " << reply.status << " " << reply.body;
        return reply;
      }
      std::this_thread::yield();
    }
  }
  void expect_events(std::size_t count, const std::string& id, const char* why) {
    const auto page = until(200, "GET", "/browsers/" + id + "/telemetry/events?offset=1&limit=100");
    EXPECT_EQ(page.json().as_array().size(), count) << why << "\n" << page.body;
  }

  const std::unique_ptr<PrivatePostgres> postgres_;
};

class AwayPostgres : public LivePostgres, public ::testing::WithParamInterface<Strike> {};

TEST_F(LivePostgres, tells_the_whole_story_and_over_a_restart) {
  const auto id = create_browser();
  make_events(id, 3);
  server_->restart();
  to_control_.forward_to(server_->port());
  make_events(id, 1);
  EXPECT_EQ(until(200, "GET", "/browsers/" + id).via, Via::control_plane);
  EXPECT_EQ(call("DELETE", "/browsers/" + id).status, 204);
  const auto page = until(200, "GET", "/browsers/" + id + "/telemetry/events?offset=1&limit=100");
  EXPECT_EQ(page.via, Via::control_plane);
  EXPECT_EQ(page.json().as_array().size(), 4u) << page.body;
  EXPECT_FALSE(std::filesystem::exists(server_->data_dir() + "/wye.db"));
}

TEST_P(AwayPostgres, browsers_go_on_while_the_database_is_away_and_nothing_is_lost) {
  const auto id = create_browser(), dies = create_browser();
  make_events(id, 3);
  make_events(dies, 2);
  (postgres_.get()->*GetParam().away)();
  const auto refused = until(503, "GET", "/browsers");
  EXPECT_EQ(refused.code(), "store_unavailable");
  EXPECT_FALSE(refused.header("Retry-After").empty());
  const auto health = until(200, "GET", "/healthz", "degraded");
  EXPECT_NE(health.body.find("away"), std::string::npos) << health.body;

  make_events(id, 2);
  EXPECT_EQ(call("POST", "/browsers/" + id + "/curl",
                 R"({"url":"http://host.wye.internal:)" + std::to_string(server_->port()) + R"(/healthz"})")
                .status,
            200)
      << "DevTools of a living browser need no database";
  EXPECT_EQ(call("DELETE", "/browsers/" + id).status, 503)
      << "a step that cannot be recorded is not promised";
  ASSERT_EQ(::kill(find_agent(*server_, dies), SIGKILL), 0);

  (postgres_.get()->*GetParam().back)();
  until(200, "GET", "/healthz", "ok");
  until(200, "GET", "/browsers");
  make_events(id, 1);
  expect_events(2, dies, "its end was put on record afterwards, and its archive is whole");
  EXPECT_EQ(call("DELETE", "/browsers/" + id).status, 204);
  expect_events(7, id, "six that were made here, and the curl's own");
}

INSTANTIATE_TEST_SUITE_P(Database, AwayPostgres,
                         ::testing::Values(Strike{"stopped", &PrivatePostgres::stop, &PrivatePostgres::start},
                                           Strike{"killed", &PrivatePostgres::kill, &PrivatePostgres::start},
                                           Strike{"frozen", &PrivatePostgres::freeze,
                                                  &PrivatePostgres::thaw}),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace wye::live
