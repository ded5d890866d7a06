#include "vm/telemetry/collector/collector.h"
#include "testing/sanitizer_share.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <utility>

#include "base/unique_fd.h"
#include "testing/sanitizer_share.h"
#include "vm/telemetry/collector/object_text.h"

// The collector against a DevTools that says what a test wants: bounds, refusals, what is told when something
// is lost.
namespace wye::vm {
namespace {

namespace json = boost::json;

/// Answers every command with `{}` unless a test says otherwise, and tells events.
class ScriptedDevTools final : public CdpPort {
 public:
  struct Sent {
    std::string method, params, session;
  };
  void send(std::string_view method, std::string_view params, std::string_view session, Done done) override {
    sent.push_back({std::string(method), std::string(params), std::string(session)});
    if (!done) return;
    if (later) return asked.push_back(std::move(done));
    if (method == refuses) return done(Error{.code = "cdp_error", .message = "no"});
    if (method == "Target.attachToBrowserTarget") return done(json::value{{"sessionId", "B"}});
    if (method == "Page.getFrameTree" && answers) return void(asked_documents_ = std::move(done));
    if (answers) done(json::object());
  }
  std::shared_ptr<void> watch(Watcher watcher) override {
    auto kept = std::make_shared<Watcher>(std::move(watcher));
    watcher_ = kept;
    return kept;
  }
  void tell(const std::string& session, const std::string& method, const json::object& params) {
    tell_text(R"({"method":")" + method + R"(","params":)" + json::serialize(params) + R"(,"sessionId":")" +
              session + "\"}");
  }
  void tell_text(const std::string& text) {
    const auto head = read_cdp_head(text);
    ASSERT_TRUE(head);
    CdpEvent event(*head, text);
    if (const auto watcher = watcher_.lock()) (*watcher)(event);
  }
  void attach(const std::string& id, const std::string& kind = "page", const std::string& below = "B",
              bool waits = true) {
    tell(below, "Target.attachedToTarget",
         {{"sessionId", "S" + id},
          {"targetInfo", {{"targetId", id}, {"type", kind}, {"url", url}, {"title", ""}}},
          {"waitingForDebugger", waits}});
  }
  [[nodiscard]] std::size_t count(std::string_view method) const {
    return static_cast<std::size_t>(
        std::count_if(sent.begin(), sent.end(), [&](const auto& one) { return one.method == method; }));
  }

  std::vector<Sent> sent;
  void tell_documents(const std::string& loader, const std::string& of) {
    const json::object frame{{"id", "P"}, {"loaderId", loader}, {"url", of}};
    asked_documents_(json::value(json::object{{"frameTree", json::object{{"frame", frame}}}}));
  }

  std::string refuses, url;
  bool answers = true;
  bool later = false;  ///< A test answers what was `asked`.
  std::vector<Done> asked;

 private:
  Done asked_documents_;
  std::weak_ptr<Watcher> watcher_;
};

// Can stand still, so that what a test does in no time takes none on a slow machine either.
class StoppableClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t unix_micros() const override { return real_.unix_micros(); }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const override {
    return stopped_at_.value_or(real_.steady());
  }
  void stop() { stopped_at_ = real_.steady(); }
  void go_on() { stopped_at_.reset(); }

 private:
  SystemClock real_;
  std::optional<std::chrono::steady_clock::time_point> stopped_at_;
};

class CollectorOfScripts : public ::testing::Test {
 protected:
  CollectorOfScripts()
      : fd_(::memfd_create("spool", MFD_CLOEXEC)),
        hub_(clock_, log_, events::SpoolLog::open(fd_.get()).value()),
        collector_(io_, clock_, log_, hub_, false, "name") {}
  void begin(std::set<std::string, std::less<>> categories) {
    hub_.configure(std::move(categories));
    collector_.attach(devtools_);
  }
  /// Types told so far; the last event's data by `last_`.
  std::vector<std::string> told() {
    std::vector<std::string> out;
    EXPECT_TRUE(hub_.log().scan({}, [&](const events::Record& record) {
      out.push_back(record.type);
      last_ = json::parse(record.json).as_object().at("event").as_object();
      return true;
    }));
    return out;
  }
  json::object data() { return (void)told(), last_.at("data").as_object(); }
  json::object data_of(std::string_view type) {
    json::object out;
    EXPECT_TRUE(hub_.log().scan({}, [&](const events::Record& record) {
      if (record.type == type) out = json::parse(record.json).at("event").at("data").as_object();
      return true;
    }));
    return out;
  }
  static json::object request(const std::string& id, const std::string& url = "http://x/") {
    return {{"requestId", id},
            {"loaderId", "L"},
            {"frameId", "P"},
            {"documentURL", url},
            {"type", "Fetch"},
            {"initiator", {{"type", "script"}}},
            {"request", {{"url", url}, {"method", "GET"}, {"headers", json::object{{"h", "v"}}}}}};
  }
  static json::object response(const std::string& id, const std::string& mime) {
    return {{"requestId", id},
            {"type", "Fetch"},
            {"response",
             {{"url", "http://x/"},
              {"status", 200},
              {"statusText", "OK"},
              {"headers", json::object()},
              {"mimeType", mime}}}};
  }

  boost::asio::io_context io_;
  StoppableClock clock_;
  Log log_{LogLevel::off};
  UniqueFd fd_;
  TelemetryHub hub_;
  std::shared_ptr<ScriptedDevTools> devtools_ = std::make_shared<ScriptedDevTools>();
  Collector collector_;
  json::object last_;
};

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
  devtools_->tell("SP", "Page.domContentEventFired", {{"timestamp", 1}});  // of what is not known yet
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
                  {{"frame", {{"id", "P"}, {"loaderId", "L1"}, {"url", "http://x/"}}}});  // told already
  // The next document is like any other.
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
  devtools_->url = "http://x/";  // a new page that has a document already: every step is taken
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

TEST_F(CollectorOfScripts, requests_over_the_bound_are_counted_and_the_rest_is_right) {
  begin({"network"});
  devtools_->attach("P");
  const auto over = 10u;
  for (std::size_t i = 0; i < NetworkEvents::kMaxRequests + over; ++i)
    devtools_->tell("SP", "Network.requestWillBeSent", request(std::to_string(i)));
  EXPECT_EQ(hub_.dropped(), static_cast<std::int64_t>(over));
  devtools_->tell("SP", "Network.responseReceived", response("0", "image/png"));
  devtools_->tell("SP", "Network.loadingFinished", {{"requestId", "0"}, {"encodedDataLength", 5}});
  EXPECT_EQ(told().back(), "network_response");
  EXPECT_EQ(data().at("request_id").as_string(), "0");
  devtools_->tell("B", "Target.detachedFromTarget", {{"sessionId", "SP"}});
  EXPECT_EQ(collector_.targets(), 0u);
}

TEST_F(CollectorOfScripts, heads_that_fill_the_memory_are_bounded_by_their_bytes) {
  begin({"network"});
  devtools_->attach("P");
  const std::string url = "http://x/" + std::string(8000, 'u');
  for (int i = 0; i < 6000; ++i)
    devtools_->tell("SP", "Network.requestWillBeSent", request(std::to_string(i), url));
  EXPECT_GT(hub_.dropped(), 1000) << "32 MiB hold fewer than that";
}

TEST_F(CollectorOfScripts, targets_over_the_bound_are_let_go_and_counted) {
  begin({"network"});
  for (std::size_t i = 0; i < Targets::kMaxTargets + 5; ++i) devtools_->attach(std::to_string(i));
  EXPECT_EQ(collector_.targets(), Targets::kMaxTargets);
  EXPECT_EQ(hub_.dropped(), 5);
  EXPECT_EQ(devtools_->count("Runtime.runIfWaitingForDebugger"), Targets::kMaxTargets + 5)
      << "nobody is left waiting";
  EXPECT_EQ(devtools_->count("Target.detachFromTarget"), 5u);
}

// Chromium itself takes minutes for so many; here it is only what they cost the collector.
TEST_F(CollectorOfScripts, five_thousand_frames_are_all_told_and_more_than_are_kept_cost_nothing) {
  const auto resident_kb = [] {
    std::size_t all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return static_cast<int>(resident * 4);
  };
  begin({"page"});
  devtools_->attach("P");
  const auto before = resident_kb();
  const auto first = hub_.last_seq();
  const std::string url = "http://x/" + std::string(200, 'u');
  const auto show = [&](std::size_t frame) {
    devtools_->tell(
        "SP", "Page.frameNavigated",
        {{"frame",
          {{"id", "F" + std::to_string(frame)}, {"parentId", "P"}, {"loaderId", "L"}, {"url", url}}}});
  };
  for (std::size_t frame = 0; frame < 5000; ++frame) show(frame);
  EXPECT_EQ(hub_.last_seq() - first, 5000);
  EXPECT_EQ(hub_.dropped(), 0);
  RecordProperty("grown_kb", resident_kb() - before);
  EXPECT_LT(resident_kb() - before, wye::testing::kSanitizerShare * 16 * 1024);
  for (std::size_t frame = 5000; frame < Targets::kMaxFrames + 1000; ++frame) show(frame);
  EXPECT_EQ(hub_.last_seq() - first + hub_.dropped(), static_cast<std::int64_t>(Targets::kMaxFrames + 1000));
}

TEST_F(CollectorOfScripts, a_second_session_on_a_target_is_let_go_and_tells_nothing) {
  begin({"network"});
  devtools_->attach("P");
  devtools_->tell("B", "Target.attachedToTarget",
                  {{"sessionId", "again"},
                   {"targetInfo", {{"targetId", "P"}, {"type", "page"}}},
                   {"waitingForDebugger", true}});
  EXPECT_EQ(collector_.targets(), 1u);
  EXPECT_EQ(devtools_->sent.back().method, "Target.detachFromTarget");
  EXPECT_EQ(hub_.dropped(), 0);
}

TEST_F(CollectorOfScripts, a_flood_of_the_console_is_dropped_counted_and_leaves_other_categories_alone) {
  begin({"console", "network"});
  devtools_->attach("P");
  const std::string head =
      R"({"method":"Runtime.consoleAPICalled","params":{"type":"log","args":[{"type":"string","value":")";
  const std::string text = head + std::string(1 << 16, 'x') + R"("}],"timestamp":1},"sessionId":"SP"})";
  clock_.stop();
  for (int i = 0; i < 3000; ++i) devtools_->tell_text(text);
  clock_.go_on();
  const auto kept = static_cast<std::int64_t>(told().size());
  EXPECT_EQ(kept + hub_.dropped(), 3000);
  EXPECT_GT(kept, 450) << "8 MiB at once, in events of 16 KiB: the text and its argument";
  EXPECT_LE(kept, 512);
  devtools_->tell("SP", "Network.requestWillBeSent", request("1"));
  EXPECT_EQ(told().back(), "network_request");
  io_.run_for(std::chrono::milliseconds(1200));
  EXPECT_EQ(told().back(), "telemetry_dropped");
  EXPECT_EQ(data().at("category").as_string(), "console");
  EXPECT_EQ(data().at("reason").as_string(), "rate");
  EXPECT_EQ(data().at("dropped").as_int64(), hub_.dropped());
}

TEST_F(CollectorOfScripts, what_cannot_be_read_is_counted) {
  begin({"network"});
  devtools_->attach("P");
  devtools_->tell_text(R"({"method":"Network.requestWillBeSent","params":{"a":},"sessionId":"SP"})");
  EXPECT_EQ(hub_.dropped(), 1);
}

TEST_F(CollectorOfScripts, garbage_in_every_field_does_no_harm) {
  begin({"network", "console", "page", "interaction"});
  devtools_->attach("P");
  const json::value shapes[] = {
      nullptr, 1, "x", json::array{1}, json::object{{"frame", 1}}, json::object{{"frame", {{"id", "P"}}}}};
  for (const auto* method :
       {"Network.requestWillBeSent", "Network.responseReceived", "Network.loadingFinished",
        "Network.loadingFailed", "Runtime.consoleAPICalled", "Runtime.exceptionThrown",
        "Runtime.executionContextCreated", "Runtime.bindingCalled", "Page.frameNavigated",
        "Page.frameDetached", "Page.loadEventFired", "Page.domContentEventFired", "Page.windowOpen",
        "Page.documentOpened", "PerformanceTimeline.timelineEventAdded", "Target.attachedToTarget",
        "Target.detachedFromTarget"})
    for (const auto& shape : shapes) {
      devtools_->tell("SP", method,
                      {{"requestId", shape},
                       {"request", shape},
                       {"response", shape},
                       {"args", shape},
                       {"exceptionDetails", shape},
                       {"context", shape},
                       {"payload", shape},
                       {"frame", shape},
                       {"event", shape},
                       {"targetInfo", shape},
                       {"sessionId", shape}});
      devtools_->tell_text(std::string(R"({"method":")") + method + R"(","params":)" +
                           json::serialize(shape) + R"(,"sessionId":"SP"})");
    }
  EXPECT_TRUE(hub_.log().scan(
      {}, [&](const events::Record& record) { return json::parse(record.json).is_object(); }));
}

// A disk that is full and then is not: the limit on this process's files stands for it.
TEST_F(CollectorOfScripts, a_full_spool_drops_counted_and_tells_when_it_works_again) {
  begin({"network"});
  devtools_->attach("P");
  devtools_->tell("SP", "Network.requestWillBeSent", request("1"));
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit none{.rlim_cur = 16, .rlim_max = old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  for (int i = 2; i < 7; ++i) devtools_->tell("SP", "Network.requestWillBeSent", request(std::to_string(i)));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  EXPECT_EQ(hub_.dropped(), 5);
  EXPECT_EQ(hub_.last_seq(), 1);
  devtools_->tell("SP", "Network.requestWillBeSent", request("7"));
  EXPECT_EQ(told(), (std::vector<std::string>{"network_request", "telemetry_dropped", "network_request"}));
  EXPECT_EQ(hub_.last_seq(), 3) << "no seq is missing";
  std::int64_t dropped = 0;
  EXPECT_TRUE(hub_.log().scan({.from = 2}, [&](const events::Record& record) {
    const auto data = json::parse(record.json).as_object().at("event").as_object().at("data").as_object();
    dropped = data.at("dropped").as_int64();
    EXPECT_EQ(data.at("reason").as_string(), "disk_full");
    return false;
  }));
  EXPECT_EQ(dropped, 5);
}

}  // namespace
}  // namespace wye::vm
