#include <poll.h>

#include <future>

#include "metro/record_lookup.h"
#include "metro/testing/metro_fixture.h"

// What the metro asks of the control plane while it answers.
namespace wye::metro {
namespace {

using namespace testing;
using namespace std::chrono_literals;

class Hooks : public MetroTest {};

TEST_F(Hooks, a_change_of_telemetry_is_told_before_it_is_answered) {
  std::vector<std::string> told;
  hooks_.telemetry_changed = [&](const std::string& id) { told.push_back(id); };
  start_with_agent(answer_each([](const std::string& head) {
    return json_answer(head.starts_with("PATCH") ? 400 : 201, R"({"config":{}})");
  }));
  auto client = connect();
  client.send(request("GET", "telemetry") + request("PATCH", "telemetry", "Content-Length: 2\r\n") + "{}");
  EXPECT_EQ(client.read_answer().status, 201);
  EXPECT_EQ(client.read_answer().status, 400);
  EXPECT_TRUE(told.empty());
  client.send(request("PUT", "telemetry", "Content-Length: 2\r\n") + "{}");
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, R"({"config":{}})");
  EXPECT_EQ(told, std::vector<std::string>{kSession});
}

TEST_F(Hooks, a_page_older_than_the_spool_comes_from_the_archive) {
  hooks_.archive_page = [](const std::string& id, const std::string& query) {
    return net::json_response(200, id + "|" + query);
  };
  start_with_agent(answer_each([](const std::string& head) {
    return head.find("old=1") != std::string::npos
               ? json_answer(410, R"({"code":"spool_trimmed","message":"m"})")
               : json_answer(410, R"({"code":"other"})");
  }));
  const auto answer = get("telemetry/events?old=1&limit=5");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, kSession + "|old=1&limit=5");
  EXPECT_EQ(get("telemetry/events?old=0").status, 410);
}

TEST_F(Hooks, whether_a_browser_is_gone_waits_for_no_page_and_for_no_agent) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  std::atomic<int> begun = 0, done = 0;
  const auto be_slow = [&] {
    ++begun;
    (void)released.wait_for(10s);
    ++done;
  };
  hooks_.telemetry_changed = [&](const std::string&) { be_slow(); };
  hooks_.archive_page = [&](const std::string&, const std::string&) {
    be_slow();
    return net::json_response(200, "[]");
  };
  directory_.set_record_lookup([](const std::string&) { return SessionState::gone; });
  start_with_agent(answer_each([](const std::string& head) {
    return head.starts_with("PUT") ? json_answer(201, R"({"config":{}})")
                                   : json_answer(410, R"({"code":"spool_trimmed","message":"m"})");
  }));
  std::vector<RawConnection> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(connect());
    waiting.back().send(i % 2 == 0 ? request("PUT", "telemetry", "Content-Length: 2\r\n") + "{}"
                                   : request("GET", "telemetry/events"));
  }
  while (begun < 2) std::this_thread::yield();
  EXPECT_EQ(
      ask(raw("GET", "/browser/kernel/" + kOtherSession + "/telemetry?jwt=" + token(kOtherSession))).body,
      kGone);
  EXPECT_EQ(done, 0) << "it was answered before those";
  release.set_value();
  for (auto& client : waiting) EXPECT_LT(client.read_answer().status, 300);
}

TEST_F(Hooks, pages_of_one_session_are_bounded_and_leave_room_for_others) {
  std::promise<void> release;
  const auto released = release.get_future().share();
  hooks_.archive_page = [&](const std::string&, const std::string&) {
    (void)released.wait_for(10s);
    return net::json_response(200, "[]");
  };
  start_with_agent(answer_each(
      [](const std::string&) { return json_answer(410, R"({"code":"spool_trimmed","message":"m"})"); }));
  std::vector<RawConnection> waiting;
  for (std::size_t i = 0; i <= RecordLookup::kMaxPages; ++i) {
    waiting.push_back(connect());
    waiting.back().send(request("GET", "telemetry/events"));
  }
  int refused = 0;
  std::vector<pollfd> fds;
  for (auto& client : waiting) fds.push_back({client.fd(), POLLIN, 0});
  EXPECT_EQ(::poll(fds.data(), fds.size(), 10'000), 1) << "one is refused while all others wait";
  release.set_value();
  for (auto& client : waiting) refused += client.read_answer().status == 503 ? 1 : 0;
  EXPECT_EQ(refused, 1);
}

}  // namespace
}  // namespace wye::metro
