// Telemetry exported by a real server from a real VM, to a collector in the test.
#include <algorithm>
#include <atomic>
#include <mutex>

#include "live_story.h"
#include "testing/gunzip.h"
#include "testing/scripted_peer.h"

namespace wye::live {
namespace {

namespace json = boost::json;
using wye::testing::SeenRequest;

constexpr const char* kSecret = "Bearer l1ve-s3cret";

class LiveExport : public LiveStory {
 protected:
  LiveExport() : LiveStory({.extra_args = {"--allow-private-export"}}) {
    const json::object body{{"name", "collector"},
                            {"endpoint", collector_.origin()},
                            {"protocol", "http/json"},
                            {"headers", {{"Authorization", kSecret}}}};
    const auto made = call("POST", "/telemetry/destinations", json::serialize(body));
    EXPECT_EQ(made.status, 201) << made.body;
  }
  std::string create_exporting() {
    const auto made =
        call("POST", "/browsers", R"({"headless":true,"timeout_seconds":300,"telemetry":{"enabled":true,
      "export":{"otlp":{"enabled":true,"destination":{"name":"collector"}}}}})");
    EXPECT_EQ(made.status, 200) << made.body;
    return std::string(made.json().at("session_id").as_string());
  }
  json::object status() {
    const auto reply = call("GET", "/telemetry/destinations/collector");
    EXPECT_EQ(reply.body.find("s3cret"), std::string::npos) << reply.body;
    return reply.json().at("status").as_object();
  }
  /// Returns the seqs of log records in accepted requests, in order of arrival.
  std::vector<std::int64_t> accepted() {
    std::vector<std::int64_t> out;
    for (const auto& request : taken()) {
      if (request.line.find("/v1/logs ") == std::string::npos) continue;
      EXPECT_NE(request.head.find(kSecret), std::string::npos);
      const bool packed = request.head.find("Content-Encoding: gzip") != std::string::npos;
      const auto body = json::parse(packed ? wye::testing::gunzip(request.body) : request.body);
      for (const auto& resource : body.at("resourceLogs").as_array())
        for (const auto& log : resource.at("scopeLogs").at(0).at("logRecords").as_array())
          out.push_back(
              std::stoll(std::string(log.at("attributes").at(0).at("value").at("intValue").as_string())));
    }
    return out;
  }

  std::vector<SeenRequest> taken() {
    const std::lock_guard lock(mutex_);
    return taken_;
  }

  std::atomic<bool> takes_ = false;  // until then the collector answers 503
  std::mutex mutex_;
  std::vector<SeenRequest> taken_;
  wye::testing::ScriptedPeer collector_{[this](const SeenRequest& request) {
    if (!takes_) return wye::testing::answer(503, "");
    const std::lock_guard lock(mutex_);
    taken_.push_back(request);
    return wye::testing::answer(200, "{}");
  }};
};

TEST_F(LiveExport, a_killed_server_goes_on_where_it_was_and_the_end_of_a_browser_is_exported) {
  const auto id = create_exporting();
  make_events(id, 20);
  while (!status().contains("last_error") || status().at("backlog").as_int64() < 20) {
  }
  server_->kill();
  takes_ = true;
  server_->start();
  to_control_.forward_to(server_->port());
  make_events(id, 5);
  EXPECT_EQ(call("DELETE", "/browsers/" + id).status, 204);
  while (status().at("backlog").as_int64() > 0) {
  }
  std::vector<std::int64_t> archived;
  Reply reply;
  for (std::int64_t offset = 1; offset != 0;) offset = read_page(id, offset, archived, &reply);
  EXPECT_GE(archived.size(), 25u);
  EXPECT_EQ(accepted(), archived) << "each once, in order";
  const auto requests = taken();
  EXPECT_TRUE(std::any_of(requests.begin(), requests.end(), [](const auto& one) {
    return one.line.find("/v1/traces ") != std::string::npos;
  })) << "the browser's own span";
  EXPECT_EQ(server_->output().find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace wye::live
