// A host with real processes instead of VMs: what it tells, what it leaves on record, what it leaves behind.
#include "host/host.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>

#include "events/make_record.h"
#include "host/agent_call.h"
#include "host/archive_notes.h"
#include "host/session_files.h"
#include "host/testing/memory_store.h"
#include "host/testing/scripted_driver.h"
#include "testing/scratch_dir.h"

namespace wye::host {
namespace {

using namespace std::chrono_literals;
using testing::MemoryStore;
using testing::ScriptedDriver;

const std::string kId(24, 'a');
constexpr std::int64_t kCreatedAt = 1000;
constexpr std::int64_t kMostSpoolBlocks = 4 << 20;

/// Keeps what a host has told.
class Told {
 public:
  [[nodiscard]] HostEvents events() {
    return {.vm_died = [this](const std::string& id) { add("died " + id); },
            .gone = [this](const std::string& id) { add("gone " + id); }};
  }
  /// Returns whether it was told, or is within 20 s.
  [[nodiscard]] bool hears(const std::string& what) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return std::count(told_.begin(), told_.end(), what) > 0; });
  }
  [[nodiscard]] std::vector<std::string> all() {
    const std::lock_guard lock(mutex_);
    return told_;
  }

 private:
  void add(const std::string& what) {
    const std::lock_guard lock(mutex_);
    told_.push_back(what);
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> told_;
};

class HostTest : public ::testing::Test {
 protected:
  HostTest() { start(); }
  ~HostTest() override {
    host_.reset();
    (void)driver_.destroy(place(), "");
  }
  void start() {
    host_ =
        std::make_unique<Host>(store_, driver_, clock_, log_,
                               HostOptions{.data_dir = data_.path(), .most_spool_blocks = kMostSpoolBlocks});
    EXPECT_TRUE(host_->start(told_.events()));
  }
  /// Another server starts; to the sessions this one was killed.
  void restart() {
    host_.reset();
    start();
    host_->own({.id = kId, .created_at = kCreatedAt, .vm = store_.of(kId).vm, .was_live = true});
  }
  Result<net::Endpoint> launch(ScriptedDriver::Script script = {}) {
    driver_.set_script(std::move(script));
    return host_->launch({.agent = {.session_id = kId},
                          .created_at = kCreatedAt,
                          .answer_by = std::chrono::steady_clock::now() + patience_});
  }
  [[nodiscard]] VmPlace place() const { return {kId, SessionFiles(data_.path(), kId).directory}; }
  [[nodiscard]] bool leaves_nothing() {
    return told_.hears("gone " + kId) && !driver_.runs(place()) &&
           !std::filesystem::exists(place().directory) && store_.ended(kId) == 1;
  }
  [[nodiscard]] std::string archived() {
    std::string out;
    for (const auto& record : store_.of(kId).records) out += record.type + " ";
    return out;
  }

  wye::testing::ScratchDir data_;
  SystemClock clock_;
  Log log_{LogLevel::off};
  MemoryStore store_;
  ScriptedDriver driver_;
  Told told_;
  std::chrono::milliseconds patience_ = 20s;
  std::unique_ptr<Host> host_;
};

TEST_F(HostTest, a_vm_is_reached_where_its_launch_says_and_leaves_its_archive_alone) {
  const auto agent = launch({"events=3"});
  ASSERT_TRUE(agent) << agent.error().message;
  EXPECT_NE(store_.of(kId).vm, "") << "a restart finds it";
  EXPECT_EQ(call_agent(*agent, {.method = "POST", .target = "/telemetry/events"}).value().status, 200);
  EXPECT_TRUE(host_->end(kId));
  EXPECT_FALSE(host_->end(kId)) << "it ends already";
  EXPECT_TRUE(leaves_nothing());
  EXPECT_EQ(archived(), "made made made posted ending ") << "its last word, too";
  EXPECT_GE(store_.of(kId).last_step->at, kCreatedAt);
  EXPECT_EQ(told_.all(), std::vector<std::string>{"gone " + kId}) << "an end that was asked for is no death";
}

TEST_F(HostTest, what_an_agent_writes_is_archived_without_anybody_asking) {
  ASSERT_TRUE(launch({"events=3"}));
  while (store_.of(kId).records.size() < 3) std::this_thread::yield();
  EXPECT_TRUE(host_->catch_up(kId).value());
  EXPECT_FALSE(host_->catch_up("another").value());
}

TEST_F(HostTest, the_death_of_a_vm_is_told_and_its_end_is_left_to_whoever_hears_it) {
  ASSERT_TRUE(launch({"events=2"}));
  ScriptedDriver::kill(place());
  ASSERT_TRUE(told_.hears("died " + kId));
  EXPECT_EQ(store_.ended(kId), 0);
  EXPECT_TRUE(host_->end(kId));
  EXPECT_TRUE(leaves_nothing());
  EXPECT_EQ(archived(), "made made ");
}

TEST_F(HostTest, a_vm_that_dies_before_it_answers_is_no_launch) {
  EXPECT_FALSE(launch({"dies-at-once"}));
  EXPECT_TRUE(host_->end(kId));
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(HostTest, a_vm_that_never_answers_is_given_up_when_its_time_is_over) {
  patience_ = 50ms;
  EXPECT_FALSE(launch({"never-ready"}));
  EXPECT_TRUE(driver_.runs(place()));
  EXPECT_TRUE(host_->end(kId));
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(HostTest, a_launch_that_fails_half_way_leaves_nothing) {
  driver_.fail_launches(true);
  EXPECT_FALSE(launch());
  EXPECT_TRUE(host_->end(kId));
  EXPECT_TRUE(leaves_nothing());
  EXPECT_FALSE(store_.of(kId).incomplete);
}

TEST_F(HostTest, a_launch_that_cannot_be_kept_on_record_leaves_nothing) {
  store_.fail(true);
  EXPECT_FALSE(launch());
  EXPECT_TRUE(host_->end(kId));
  store_.fail(false);
  EXPECT_TRUE(leaves_nothing()) << "tried until it can be committed";
}

TEST_F(HostTest, an_agent_that_hangs_at_its_end_is_not_waited_for) {
  ASSERT_TRUE(launch({"hangs", "events=1"}));
  EXPECT_TRUE(host_->end(kId));
  EXPECT_TRUE(leaves_nothing());
  EXPECT_EQ(archived(), "made ");
}

TEST_F(HostTest, a_vm_outlives_its_host_and_is_adopted_by_the_next) {
  const auto agent = launch({"events=1"});
  ASSERT_TRUE(agent);
  restart();
  const auto again = host_->adopt(kId);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *agent);
  EXPECT_EQ(call_agent(*again, {.method = "POST", .target = "/telemetry/events"}).value().status, 200);
  ScriptedDriver::kill(place());
  EXPECT_TRUE(told_.hears("died " + kId)) << "it is watched";
  EXPECT_TRUE(host_->end(kId));
  EXPECT_TRUE(leaves_nothing());
  EXPECT_EQ(archived(), "made posted ");
}

TEST_F(HostTest, a_vm_that_died_while_no_host_was_there_is_not_adopted_and_is_archived) {
  ASSERT_TRUE(launch({"events=2"}));
  host_.reset();
  ScriptedDriver::kill(place());
  start();
  host_->own({.id = kId, .created_at = kCreatedAt, .vm = store_.of(kId).vm, .was_live = true});
  EXPECT_FALSE(host_->adopt(kId));
  EXPECT_TRUE(host_->end(kId));
  EXPECT_TRUE(leaves_nothing());
  EXPECT_EQ(archived(), "made made ");
  EXPECT_FALSE(store_.of(kId).incomplete);
}

TEST_F(HostTest, a_vm_that_was_ending_when_its_host_went_has_its_last_word_at_the_next) {
  ASSERT_TRUE(launch({"events=1"}));
  restart();
  EXPECT_TRUE(host_->end(kId)) << "without having been adopted";
  EXPECT_TRUE(leaves_nothing());
  EXPECT_EQ(archived(), "made ending ");
}

TEST_F(HostTest, a_spool_that_is_missing_makes_an_archive_incomplete_and_says_so) {
  ASSERT_TRUE(launch({"events=2"}));
  while (store_.of(kId).records.size() < 2) std::this_thread::yield();
  host_.reset();
  ScriptedDriver::kill(place());
  std::filesystem::remove_all(place().directory);
  start();
  host_->own({.id = kId, .created_at = kCreatedAt, .vm = store_.of(kId).vm, .was_live = true});
  EXPECT_TRUE(host_->end(kId));
  EXPECT_TRUE(leaves_nothing());
  const auto kept = store_.of(kId);
  ASSERT_EQ(archived(), "made made archive_incomplete ");
  ASSERT_TRUE(kept.incomplete);
  EXPECT_EQ(kept.incomplete->reason, "spool_missing");
  EXPECT_EQ(kept.incomplete->last_seq, 2);
  const auto& event = kept.records.back();
  EXPECT_EQ(event.seq, 2 + kBehindLost);
  EXPECT_EQ(event.category, "monitor");
  EXPECT_NE(event.json.find(R"("last_seq":2)"), std::string::npos) << event.json;
  EXPECT_NE(event.json.find(R"("reason":"spool_missing")"), std::string::npos) << event.json;
}

TEST_F(HostTest, a_spool_that_is_shorter_than_what_was_read_of_it_makes_an_archive_incomplete) {
  ASSERT_TRUE(launch({"events=2"}));
  while (store_.of(kId).records.size() < 2) std::this_thread::yield();
  host_.reset();
  ScriptedDriver::kill(place());
  std::filesystem::resize_file(SessionFiles(data_.path(), kId).spool(), 1);
  start();
  host_->own({.id = kId, .created_at = kCreatedAt, .vm = store_.of(kId).vm, .was_live = true});
  EXPECT_TRUE(host_->end(kId));
  EXPECT_TRUE(leaves_nothing());
  ASSERT_EQ(archived(), "made made archive_incomplete ");
  ASSERT_TRUE(store_.of(kId).incomplete);
  EXPECT_EQ(store_.of(kId).incomplete->reason, "spool_truncated");
  EXPECT_EQ(store_.of(kId).incomplete->last_seq, 2);
}

TEST_F(HostTest, a_session_that_never_ran_has_no_spool_to_miss) {
  host_->own({.id = kId, .created_at = kCreatedAt});
  EXPECT_TRUE(host_->end(kId));
  EXPECT_TRUE(leaves_nothing());
  EXPECT_EQ(archived(), "");
  EXPECT_FALSE(store_.of(kId).incomplete);
}

TEST_F(HostTest, a_damaged_spool_is_archived_as_far_as_it_is_sound_and_the_damage_is_told) {
  ASSERT_TRUE(launch({"events=2"}));
  while (store_.of(kId).records.size() < 2) std::this_thread::yield();
  host_.reset();
  ScriptedDriver::kill(place());
  std::ofstream(SessionFiles(data_.path(), kId).spool(), std::ios::app) << "no record";
  start();
  host_->own({.id = kId, .created_at = kCreatedAt, .vm = store_.of(kId).vm, .was_live = true});
  EXPECT_TRUE(host_->end(kId));
  EXPECT_TRUE(leaves_nothing());
  EXPECT_EQ(archived(), "made made telemetry_damaged ");
}

TEST_F(HostTest, a_vm_that_takes_the_disk_is_ended_and_told_as_dead_though_nothing_can_be_written) {
  ASSERT_TRUE(launch());
  store_.fail(true);
  const auto spool = SessionFiles(data_.path(), kId).spool();
  const UniqueFd agents(::open(spool.c_str(), O_RDWR | O_CLOEXEC));
  if (::fallocate(agents.get(), FALLOC_FL_KEEP_SIZE, 0, 4 * kMostSpoolBlocks) != 0)
    GTEST_SKIP() << "this file system reserves nothing";
  ASSERT_TRUE(told_.hears("died " + kId));
  while (blocks_of(spool) > kMostSpoolBlocks) std::this_thread::yield();
  EXPECT_TRUE(host_->end(kId));
  store_.fail(false);
  EXPECT_TRUE(leaves_nothing());
}

TEST_F(HostTest, a_directory_is_swept_when_its_session_is_gone_or_unknown_and_nothing_runs_there) {
  ASSERT_TRUE(launch());
  const std::string gone(24, 'b'), unknown(24, 'c'), kept(24, 'd');
  for (const auto& id : {gone, unknown, kept})
    std::filesystem::create_directory(SessionFiles(data_.path(), id).directory);
  host_->sweep([&](const std::string& id) -> Result<Host::Claim> {
    return id == gone ? Host::Claim::gone : id == kept ? Host::Claim::kept : Host::Claim::unknown;
  });
  const auto there = [&](const std::string& id) {
    return std::filesystem::exists(SessionFiles(data_.path(), id).directory);
  };
  EXPECT_FALSE(there(gone));
  EXPECT_FALSE(there(unknown));
  EXPECT_TRUE(there(kept));
  EXPECT_TRUE(there(kId)) << "a VM runs there, though nobody knows whose";
}

}  // namespace
}  // namespace wye::host
