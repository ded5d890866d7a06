#include "vm/curl/curl_tab.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/wakeup.h"

namespace wye::vm {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

// Answers every call at once, except for the first `silent` calls of `Target.createTarget`, which wait for
// `late`. A navigation is reported before it is answered.
class Channel final : public CdpChannel {
 public:
  Channel(boost::asio::io_context& io, int silent) : late(io), silent_(silent) {}

  net::Task<Result<json::value>> call(std::string method, json::object, std::string) override {
    called.push_back(method);
    if (method == std::exchange(refuses_once, method == refuses_once ? "" : refuses_once))
      co_return Error{.kind = ErrorKind::internal, .code = "cdp_error", .message = "no"};
    json::object answer;
    if (method == "Target.createTarget") {
      const auto number = ++made;
      if (number <= silent_) co_await late.wait();
      answer["targetId"] = "target" + std::to_string(number);
    }
    if (method == "Page.navigate") {
      answer["loaderId"] = "ours" + std::to_string(++documents);
      navigated("ours" + std::to_string(documents));
      if (std::exchange(meddled, false)) navigated("somebody's");
    }
    answer["sessionId"] = "session";
    answer["id"] = "extension";
    co_return json::value(std::move(answer));
  }
  void post(std::string method, json::object params, std::string, Answered) override {
    posted.push_back(method + " " + json::serialize(params));
  }
  std::shared_ptr<void> listen(std::string session, Listener listener) override {
    auto kept = std::make_shared<Listener>(std::move(listener));
    listeners[session] = kept;
    return kept;
  }
  void tell(const std::string& session, std::string_view method, const json::object& params) {
    if (const auto listener = listeners[session].lock()) (*listener)(method, params);
  }
  void navigated(const std::string& document) {
    const json::object frame{{"loaderId", document}};
    tell("session", "Page.frameNavigated", {{"frame", frame}});
  }
  [[nodiscard]] auto count(std::string_view method) const {
    return std::count(called.begin(), called.end(), method);
  }

  net::Wakeup late;
  int made = 0, documents = 0;
  bool meddled = false;
  std::string refuses_once;
  std::vector<std::string> called, posted;
  std::map<std::string, std::weak_ptr<Listener>> listeners;

 private:
  const int silent_;
};

class CurlTabTest : public ::testing::Test {
 protected:
  CurlTabTest() : dir_(::mkdtemp(path_)) {}
  ~CurlTabTest() override { std::filesystem::remove_all(dir_); }
  // Returns what `ready` returned.
  Result<void> run(CurlTab& tab, std::chrono::seconds within) {
    return run(tab.ready(std::chrono::steady_clock::now() + within));
  }
  Result<void> run(net::Task<Result<void>> task) {
    std::optional<Result<void>> said;
    boost::asio::co_spawn(io_, std::move(task), [&](std::exception_ptr, Result<void> result) {
      said = std::move(result);
      io_.stop();
    });
    io_.restart();  // even if it had run out of work
    io_.run();
    return std::move(*said);
  }

  char path_[32] = "/tmp/wye-curl-tab-XXXXXX";
  const std::string dir_;
  boost::asio::io_context io_;
};

TEST_F(CurlTabTest, an_attempt_that_is_never_answered_is_followed_by_another) {
  CurlTab tab(io_, dir_, {}, 1ms);
  const auto channel = std::make_shared<Channel>(io_, 2);
  tab.attach(channel);
  EXPECT_TRUE(run(tab, 60s));
  EXPECT_GE(channel->made, 3);  // on a slow machine, an answered call may be too late as well
  const auto last = "target" + std::to_string(channel->made);
  EXPECT_TRUE(tab.is_it(last));
  // Pages that appear after all are closed.
  channel->late.notify();
  io_.restart();
  io_.poll();
  for (const auto* target : {"target1", "target2"})
    EXPECT_EQ(std::count(channel->posted.begin(), channel->posted.end(),
                         R"(Target.closeTarget {"targetId":")" + std::string(target) + R"("})"),
              1);
  EXPECT_TRUE(tab.is_it(last));
}

TEST_F(CurlTabTest, who_waits_is_told_at_its_own_deadline) {
  CurlTab tab(io_, dir_, {}, 1h);
  const auto channel = std::make_shared<Channel>(io_, 1);
  tab.attach(channel);
  const auto said = run(tab, 0s);
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().status, 504);
  EXPECT_EQ(channel->made, 1);
  channel->late.notify();  // the attempt continues nevertheless
  io_.restart();
  io_.poll();
  EXPECT_TRUE(run(tab, 60s));
  EXPECT_EQ(channel->made, 1);
}

TEST_F(CurlTabTest, a_reserved_target_becomes_the_page_when_it_is_asked_for) {
  CurlTab tab(io_, dir_, {}, 1h);
  const auto channel = std::make_shared<Channel>(io_, 0);
  tab.attach(channel);
  tab.reserve();
  io_.poll();
  EXPECT_TRUE(tab.is_it("target1"));
  for (const auto* later : {"Target.attachToTarget", "Extensions.loadUnpacked"})
    EXPECT_EQ(channel->count(later), 0) << later << ": nobody has asked for a page";
  EXPECT_TRUE(run(tab, 60s));
  EXPECT_TRUE(tab.is_it("target1"));
  EXPECT_EQ(channel->made, 1);
}

TEST_F(CurlTabTest, a_reserved_target_that_was_closed_is_followed_by_another) {
  CurlTab tab(io_, dir_, {}, 1h);
  const auto channel = std::make_shared<Channel>(io_, 0);
  channel->refuses_once = "Target.attachToTarget";
  tab.attach(channel);
  tab.reserve();
  io_.poll();
  EXPECT_TRUE(run(tab, 60s));
  EXPECT_TRUE(tab.is_it("target2"));
}

TEST_F(CurlTabTest, a_page_that_is_lost_is_made_again_in_its_target_as_long_as_there_is_one) {
  int lost = 0;
  CurlTab tab(io_, dir_, {.event = nullptr, .lost = [&] { ++lost; }}, 1h);
  const auto channel = std::make_shared<Channel>(io_, 0);
  tab.attach(channel);
  lost = 0;
  ASSERT_TRUE(run(tab, 60s));
  channel->navigated("somebody's");
  EXPECT_EQ(lost, 1);
  ASSERT_TRUE(run(tab, 60s));
  channel->tell("session", "Inspector.targetCrashed", {});
  EXPECT_EQ(lost, 2);
  ASSERT_TRUE(run(tab, 60s));
  EXPECT_EQ(channel->made, 1);
  EXPECT_EQ(channel->documents, 3);
  channel->tell("", "Target.detachedFromTarget", {{"sessionId", "session"}});
  EXPECT_EQ(lost, 3);
  ASSERT_TRUE(run(tab, 60s));
  EXPECT_EQ(channel->made, 2);
  tab.replace();
  EXPECT_EQ(lost, 4);
  ASSERT_TRUE(run(tab, 60s));
  EXPECT_EQ(channel->made, 3);
}

TEST_F(CurlTabTest, a_page_that_is_navigated_while_it_is_made_is_made_again) {
  CurlTab tab(io_, dir_, {}, 1h);
  const auto channel = std::make_shared<Channel>(io_, 0);
  channel->meddled = true;
  tab.attach(channel);
  EXPECT_TRUE(run(tab, 60s));
  EXPECT_EQ(channel->made, 1);
  EXPECT_EQ(channel->documents, 2);
}

}  // namespace
}  // namespace wye::vm
