// Backup and restore of a server at work, with its real VMs and the real commands.
#include <sys/wait.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "live_story.h"

namespace wye::live {
namespace {

struct Ran {
  int status = -1;
  std::string out;  ///< Of both streams.
};

Ran run_wye(const std::string& words) {
  Ran ran;
  const auto line = "\"$WYE_BIN\" " + words + " 2>&1";
  FILE* pipe = ::popen(line.c_str(), "r");
  char piece[4096];
  for (std::size_t got; (got = std::fread(piece, 1, sizeof piece, pipe)) > 0;) ran.out.append(piece, got);
  const int status = ::pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

class LiveBackup : public LiveStory {
 protected:
  ~LiveBackup() override {
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
    std::filesystem::remove_all(restored_, ignored);
  }
  const std::string file_ = server_->data_dir() + ".backup", restored_ = server_->data_dir() + ".restored";
};

std::vector<std::int64_t> all_seqs(const Client& client, const std::string& id) {
  std::vector<std::int64_t> out;
  auto events = client.browsers().telemetry().events(id, {.limit = 100, .offset = 1});
  for (auto& event : events) {
    EXPECT_TRUE(event.result()) << event.result().error().message;
    if (!event.result()) break;
    out.push_back(event.value().seq);
  }
  return out;
}

TEST_F(LiveBackup, made_while_browsers_write_serves_elsewhere_and_disturbs_nobody) {
  const auto id = create_browser();
  make_events(id, 5);
  const auto made = run_wye("keys create --name old -o json --data-dir " + server_->data_dir());
  ASSERT_EQ(made.status, 0) << made.out;
  const std::string key(boost::json::parse(made.out).at("key").as_string());
  const auto route = client_->browsers().retrieve(id).value();
  const Client around({.api_key = key, .base_url = server_->base_url()});
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) make_events(id, 1);
  });
  // The archive follows the agent after a moment; the first five events must be in the backup.
  Ran backed_up;
  do backed_up = run_wye("backup --force -o json --data-dir " + server_->data_dir() + " " + file_);
  while (backed_up.status == 0 && boost::json::parse(backed_up.out).at("archived_events").as_int64() < 5);
  stop = true;
  writer.join();
  ASSERT_EQ(backed_up.status, 0) << backed_up.out;
  const auto there = all_seqs(around, id);

  const auto restored = run_wye("restore " + file_ + " --data-dir " + restored_);
  ASSERT_EQ(restored.status, 0) << restored.out;
  EXPECT_NE(restored.out.find("on record as ended"), std::string::npos) << restored.out;
  const auto metro_port = WireTap::free_port();
  ServeProcess second({.data_dir = restored_, .metro_listen = "127.0.0.1:" + std::to_string(metro_port)});
  const Client client({.api_key = key, .base_url = second.base_url()});
  EXPECT_EQ(client.browsers().retrieve(id).error().kind, ErrorKind::not_found);
  const auto gone = client.request({.path = "/browsers/" + id + "?include_deleted=true"}).value();
  EXPECT_EQ(gone.status, 200);
  EXPECT_NE(gone.body.find("deleted_at"), std::string::npos);
  const auto archived = all_seqs(client, id);
  ASSERT_GE(archived.size(), 5u);
  for (std::size_t i = 0; i < archived.size(); ++i) EXPECT_EQ(archived[i], static_cast<std::int64_t>(i) + 1);
  EXPECT_LE(archived.size(), there.size());
  // A route from before the restore gets a clear error.
  const auto token = route.cdp_ws_url.substr(route.cdp_ws_url.find("jwt="));
  const auto stale = client
                         .request({.path = "http://127.0.0.1:" + std::to_string(metro_port) +
                                           "/browser/kernel/" + id + "/telemetry/events?" + token})
                         .value();
  EXPECT_EQ(stale.status, 404);
  EXPECT_NE(stale.body.find("browser_gone"), std::string::npos) << stale.body;

  EXPECT_EQ(second.stop(), 0) << second.output();
  EXPECT_GT(find_agent(*server_, id), 1) << "the original lives";
  make_events(id, 1);
  EXPECT_EQ(run_wye("restore " + file_ + " --force --data-dir " + server_->data_dir()).status, 1)
      << "not while a server runs";
}

TEST_F(LiveBackup, restored_over_a_directory_ends_the_vms_that_still_run_for_it) {
  ASSERT_EQ(run_wye("backup --data-dir " + server_->data_dir() + " " + file_).status, 0);
  const auto id = create_browser();
  const auto agent = find_agent(*server_, id);
  ASSERT_GT(agent, 1);
  server_->kill();
  EXPECT_EQ(run_wye("restore " + file_ + " --data-dir " + server_->data_dir()).status, 1);
  EXPECT_GT(find_agent(*server_, id), 1) << "nothing happens unasked";
  const auto restored = run_wye("restore " + file_ + " --force --data-dir " + server_->data_dir());
  ASSERT_EQ(restored.status, 0) << restored.out;
  EXPECT_EQ(find_agent(*server_, id), 0);
  server_->restart();
  const Client client({.api_key = server_->api_key(), .base_url = server_->base_url()});
  EXPECT_EQ(client.request({.path = "/browsers/" + id + "?include_deleted=true"}).value().status, 404)
      << "made after the backup";
}

}  // namespace
}  // namespace wye::live
