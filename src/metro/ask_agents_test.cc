#include "metro/ask_agents.h"

#include "metro/testing/metro_fixture.h"

namespace wye::metro::testing {
namespace {

class AskAgents : public ::testing::Test {
 protected:
  ScriptedAgent& agent(const std::string& id, ScriptedAgent::Script script) {
    const auto path = dir_.file(id);
    agents_.push_back(std::make_unique<ScriptedAgent>(path, std::move(script)));
    directory_.add(id, SessionState::live, net::Endpoint::unix_socket(path), std::chrono::seconds(60));
    return *agents_.back();
  }
  std::map<std::string, std::optional<std::string>> ask(AskLimits limits = {}) {
    auto answers = ask_agents_and_wait(directory_.live(), "/counters", limits);
    std::map<std::string, std::optional<std::string>> out;
    for (auto& one : answers) out[one.session_id] = std::move(one.body);
    EXPECT_EQ(out.size(), answers.size());
    return out;
  }

  TempDir dir_;
  HandClock clock_;
  SessionDirectory directory_{clock_};
  std::vector<std::unique_ptr<ScriptedAgent>> agents_;
};

TEST_F(AskAgents, every_live_one_is_asked_and_the_dead_are_silent) {
  for (int i = 0; i < 40; ++i)
    agent("s" + std::to_string(i), answer_each([i](const std::string&) { return ok(std::to_string(i)); }));
  directory_.add("nobody", SessionState::live, net::Endpoint::unix_socket(dir_.file("nobody")),
                 std::chrono::seconds(60));
  directory_.add("ending", SessionState::ending, net::Endpoint::unix_socket(dir_.file("ending")),
                 std::chrono::seconds(60));
  const auto answers = ask();
  ASSERT_EQ(answers.size(), 41u);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(answers.at("s" + std::to_string(i)), std::to_string(i));
  EXPECT_EQ(answers.at("nobody"), std::nullopt);
}

TEST_F(AskAgents, one_that_hangs_or_floods_costs_the_others_nothing) {
  const Event over;
  agent("good", answer_each([](const std::string&) { return ok("good"); }));
  agent("error", answer_each([](const std::string&) { return json_answer(500, "{}"); }));
  agent("flood", answer_each([](const std::string&) { return ok(std::string(5'000, 'x')); }));
  agent("garbage", answer_each([](const std::string&) { return std::string("no http\r\n\r\n"); }));
  agent("silent", [=](RawConnection&) { (void)over.wait(); });
  const auto answers = ask({.each = std::chrono::seconds(2)});
  EXPECT_EQ(answers.at("good"), "good");
  for (const auto* bad : {"error", "flood", "garbage", "silent"}) EXPECT_EQ(answers.at(bad), std::nullopt);
  over.set();
}

TEST_F(AskAgents, all_of_it_ends_in_time_however_many_hang) {
  const Event over;
  for (int i = 0; i < 20; ++i) agent("s" + std::to_string(i), [=](RawConnection&) { (void)over.wait(); });
  const auto begin = std::chrono::steady_clock::now();
  const auto answers =
      ask({.at_once = 2, .each = std::chrono::milliseconds(50), .all = std::chrono::milliseconds(120)});
  EXPECT_EQ(answers.size(), 20u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(20 / 2 * 50));
  over.set();
}

}  // namespace
}  // namespace wye::metro::testing
