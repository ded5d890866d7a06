#include "vm/telemetry/collector/scripted_collector.h"

// The collector against a DevTools scripted by the test: attaching, refusals, restarts.
namespace wye::vm {
namespace {

TEST_F(CollectorOfScripts, sends_nothing_while_no_category_needs_it) {
  begin({"control", "system"});
  EXPECT_TRUE(devtools_->sent.empty());
  hub_.configure(std::nullopt);
  EXPECT_TRUE(devtools_->sent.empty());
}

TEST_F(CollectorOfScripts, lets_a_new_target_go_with_the_last_command_and_enables_what_is_wanted) {
  begin({"network"});
  devtools_->attach("P");
  std::vector<std::string> methods;
  for (const auto& one : devtools_->sent)
    if (one.session == "SP") methods.push_back(one.method);
  EXPECT_EQ(methods, (std::vector<std::string>{"Page.enable", "Network.enable", "Target.setAutoAttach",
                                               "Runtime.runIfWaitingForDebugger"}));
  devtools_->sent.clear();
  devtools_->attach("W", "worker", "SP");
  EXPECT_EQ(devtools_->count("Page.enable"), 0u);
  EXPECT_EQ(devtools_->count("Runtime.runIfWaitingForDebugger"), 1u);
}

TEST_F(CollectorOfScripts, a_new_page_is_let_go_when_its_set_up_is_answered) {
  begin({"network"});
  devtools_->later = true;
  devtools_->attach("P");
  hub_.configure(std::set<std::string, std::less<>>{"network", "page"});  // meanwhile
  const auto asked = std::exchange(devtools_->asked, {});
  ASSERT_EQ(asked.size(), 4u);
  for (const auto& answer : asked) {
    EXPECT_EQ(devtools_->count("Runtime.runIfWaitingForDebugger"), 0u);
    answer(json::object());
  }
  EXPECT_EQ(devtools_->count("Runtime.runIfWaitingForDebugger"), 1u);
  EXPECT_EQ(devtools_->sent.back().session, "SP");
}

TEST_F(CollectorOfScripts, a_new_page_that_does_not_answer_is_let_go_all_the_same) {
  begin({"network"});
  devtools_->later = true;
  devtools_->attach("P");
  EXPECT_EQ(devtools_->count("Runtime.runIfWaitingForDebugger"), 0u);
  io_.run_one();  // until the deadline
  EXPECT_EQ(devtools_->count("Runtime.runIfWaitingForDebugger"), 1u);
}

TEST_F(CollectorOfScripts,
       a_document_that_was_there_before_we_listened_is_told_and_a_page_without_one_is_not) {
  begin({"page"});
  devtools_->url = "http://x/";
  devtools_->attach("Q");
  devtools_->tell_documents("L0", ":");
  EXPECT_EQ(told(), std::vector<std::string>{"page_tab_opened"});
  devtools_->attach("P");
  devtools_->tell("SP", "Page.domContentEventFired",
                  {{"timestamp", 1}});  // of a document that is not known yet
  devtools_->tell_documents("L1", "http://x/");
  EXPECT_EQ(told().back(), "page_navigation");
  EXPECT_EQ(data().at("url").as_string(), "http://x/");
  EXPECT_EQ(last_.at("source").at("event").as_string(), "Page.getFrameTree");
  EXPECT_EQ(devtools_->count("Page.setLifecycleEventsEnabled"), 1u);
  for (const auto* name : {"init", "DOMContentLoaded", "load", "networkIdle"})
    devtools_->tell("SP", "Page.lifecycleEvent",
                    {{"frameId", "P"}, {"loaderId", "L1"}, {"name", name}, {"timestamp", 1}});
  devtools_->tell("SP", "Page.loadEventFired", {{"timestamp", 1}});
  EXPECT_EQ(told(), (std::vector<std::string>{"page_tab_opened", "page_tab_opened", "page_navigation",
                                              "page_dom_content_loaded", "page_load"}));
  EXPECT_EQ(data().at("nav_seq").as_int64(), 1);
  EXPECT_EQ(data().at("loader_id").as_string(), "L1");
  devtools_->tell("SP", "Page.frameNavigated",
                  {{"frame", {{"id", "P"}, {"loaderId", "L1"}, {"url", "http://x/"}}}});  // reported already
  // The next document is reported as usual.
  devtools_->tell("SP", "Page.frameNavigated",
                  {{"frame", {{"id", "P"}, {"loaderId", "L2"}, {"url", "http://y/"}}}});
  devtools_->tell("SP", "Page.lifecycleEvent",
                  {{"frameId", "P"}, {"loaderId", "L2"}, {"name", "load"}, {"timestamp", 2}});
  devtools_->tell("SP", "Page.loadEventFired", {{"timestamp", 2}});
  const auto all = told();
  EXPECT_EQ(std::count(all.begin(), all.end(), "page_load"), 2);
  EXPECT_EQ(std::count(all.begin(), all.end(), "page_navigation"), 2);
}

TEST_F(CollectorOfScripts, documents_of_a_page_that_is_older_than_telemetry_are_no_news) {
  begin({"page"});
  devtools_->attach("P", "page", "B", false);
  devtools_->tell_documents("L1", "http://x/");
  EXPECT_TRUE(told().empty());
}

TEST_F(CollectorOfScripts, detaches_with_one_command_when_it_is_switched_off) {
  begin({"network", "interaction"});
  devtools_->attach("P");
  devtools_->sent.clear();
  hub_.configure(std::set<std::string, std::less<>>{"control"});
  EXPECT_EQ(devtools_->sent.back().method, "Target.detachFromTarget");
  EXPECT_EQ(devtools_->sent.back().params, R"({"sessionId":"B"})");
  EXPECT_EQ(collector_.targets(), 0u);
  devtools_->tell("SP", "Network.requestWillBeSent", request("1"));
  EXPECT_TRUE(told().empty());
}

TEST_F(CollectorOfScripts, a_refused_step_is_told_once_by_its_name) {
  devtools_->refuses = "Network.enable";
  begin({"network"});
  devtools_->attach("P");
  devtools_->attach("Q");
  EXPECT_EQ(told(), std::vector<std::string>{"monitor_init_failed"});
  EXPECT_EQ(data().at("step").as_string(), "Network.enable");
}

class RefusedStep : public CollectorOfScripts, public ::testing::WithParamInterface<const char*> {};
INSTANTIATE_TEST_SUITE_P(Collector, RefusedStep,
                         ::testing::Values("Page.addScriptToEvaluateOnNewDocument",
                                           "Page.setLifecycleEventsEnabled"));
TEST_P(RefusedStep, is_told_by_its_name) {
  devtools_->refuses = GetParam();
  begin({"page", "interaction"});
  devtools_->url = "http://x/";  // a new page that has a document already, so that every step is taken
  devtools_->attach("P");
  devtools_->tell_documents("L", "http://x/");
  const auto types = told();
  ASSERT_EQ(std::count(types.begin(), types.end(), "monitor_init_failed"), 1);
  EXPECT_EQ(data_of("monitor_init_failed").at("step").as_string(), GetParam());
}

TEST_F(CollectorOfScripts, chromiums_death_and_return_are_told_with_the_time_between) {
  begin({"network"});
  devtools_->attach("P");
  collector_.detach();
  EXPECT_EQ(told(), std::vector<std::string>{"monitor_disconnected"});
  collector_.detach();
  collector_.attach(devtools_);
  EXPECT_EQ(told(), (std::vector<std::string>{"monitor_disconnected", "monitor_reconnected"}));
  EXPECT_GE(data().at("reconnect_duration_ms").as_int64(), 0);
  collector_.detach();
  collector_.gave_up();
  EXPECT_EQ(told().back(), "monitor_reconnect_failed");
}

}  // namespace
}  // namespace wye::vm
