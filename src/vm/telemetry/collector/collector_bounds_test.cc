#include <signal.h>
#include <sys/resource.h>

#include <fstream>

#include "testing/sanitizer_share.h"
#include "vm/telemetry/collector/scripted_collector.h"

// The bounds of the collector: what exceeds them is counted, reported, and harms nothing else.
namespace wye::vm {
namespace {

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
      << "nobody keeps waiting";
  EXPECT_EQ(devtools_->count("Target.detachFromTarget"), 5u);
}

// Chromium itself would take minutes for so many frames; this measures only their cost to the collector.
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

// The limit on this process's file sizes simulates a disk that is full and later has room.
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
