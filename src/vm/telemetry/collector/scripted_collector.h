#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/unique_fd.h"
#include "vm/telemetry/collector/collector.h"
#include "vm/telemetry/collector/object_text.h"

// A collector whose DevTools is scripted by the test.
namespace wye::vm {

namespace json = boost::json;

/// Answers every command with `{}` unless a test sets another answer, and sends events.
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
  bool later = false;  ///< The test itself answers what was `asked`.
  std::vector<Done> asked;

 private:
  Done asked_documents_;
  std::weak_ptr<Watcher> watcher_;
};

// A clock that can stand still, so that work that should take no time takes none on a slow machine either.
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
  /// The types reported so far; the last event's data is in `last_`.
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

}  // namespace wye::vm
