#include "control/vm_use.h"

#include <gtest/gtest.h>

#include "metro/testing/metro_fixture.h"

namespace wye::control {
namespace {

using metro::SessionState;
using metro::testing::Event;
using metro::testing::HandClock;
using metro::testing::RawConnection;
using metro::testing::ScriptedAgent;
using namespace std::chrono_literals;

class VmUseTest : public ::testing::Test {
 protected:
  void add(const std::string& id, ScriptedAgent::Script script) {
    const auto path = dir_.file(id);
    agents_.push_back(std::make_unique<ScriptedAgent>(path, std::move(script)));
    directory_.add(id, SessionState::live, net::Endpoint::unix_socket(path), 60s);
  }
  void add_saying(const std::string& id) {
    add(id,
        metro::testing::answer_each([this](const std::string&) { return metro::testing::ok(says_.get()); }));
  }
  /// Looks at idle sessions as the control plane does.
  std::vector<std::string> expire() {
    const auto may = use_.ask(directory_.idle());
    return directory_.begin_expiry(&may);
  }
  std::vector<std::string> expire_after(std::int64_t seconds) {
    clock_.steady_seconds += seconds;
    return expire();
  }

  net::testing::TempDir dir_;
  HandClock clock_;
  metro::SessionDirectory directory_{clock_};
  VmUse use_{directory_, clock_};
  metro::testing::SharedText says_;
  std::vector<std::unique_ptr<ScriptedAgent>> agents_;
};

using Expired = std::vector<std::string>;

TEST_F(VmUseTest, a_running_process_holds_its_session_and_its_end_restarts_the_timer) {
  add_saying("a");
  says_ = R"({"processes":1})";
  EXPECT_EQ(expire_after(60), Expired());
  EXPECT_EQ(expire_after(60), Expired());
  says_ = R"({"processes":0,"process_ended_ms":45000})";
  EXPECT_EQ(expire_after(60), Expired()) << "the process had ended 45 s before";
  EXPECT_EQ(expire_after(14), Expired());
  says_ = R"({"processes":0,"process_ended_ms":60000})";
  EXPECT_EQ(expire_after(1), Expired{"a"});
}

TEST_F(VmUseTest, a_session_in_which_nothing_was_spawned_expires) {
  add_saying("a");
  says_ = R"({"events":1,"processes":0})";
  EXPECT_EQ(expire_after(60), Expired{"a"});
}

TEST_F(VmUseTest, what_an_agent_cannot_know_holds_nothing) {
  for (const auto* text : {"", "[]", "{}", R"({"processes":"many"})", R"({"processes":-1})",
                           R"({"processes":0,"process_ended_ms":9223372036854775807})",
                           R"({"processes":0,"process_ended_ms":-5})"}) {
    const auto said = read_vm_use(text);
    EXPECT_FALSE(said.runs) << text;
    EXPECT_FALSE(said.ended_before) << text;
  }
  EXPECT_EQ(read_vm_use(R"({"process_ended_ms":5})").ended_before, 5ms);
}

TEST_F(VmUseTest, a_silent_agent_holds_its_session_for_a_minute_and_no_other) {
  const Event over;
  add("silent", [=](RawConnection&) { (void)over.wait(); });
  add_saying("honest");
  says_ = "{}";
  EXPECT_EQ(expire_after(60), Expired{"honest"});
  EXPECT_TRUE(use_.waits_for_silent());
  EXPECT_EQ(expire_after(59), Expired());
  EXPECT_EQ(expire_after(1), Expired{"silent"});
  EXPECT_FALSE(use_.waits_for_silent());
  over.set();
}

TEST_F(VmUseTest, one_that_answers_again_is_not_counted_as_silent) {
  const Event over;
  says_ = R"({"processes":1})";
  int asked = 0;
  add("a", [&, over](RawConnection& peer) {
    peer.read_head();
    if (++asked == 1 || asked == 3) return (void)over.wait();
    peer.send(metro::testing::ok(says_.get()));
  });
  EXPECT_EQ(expire_after(60), Expired());
  EXPECT_TRUE(use_.waits_for_silent());
  EXPECT_EQ(expire_after(50), Expired());
  EXPECT_FALSE(use_.waits_for_silent()) << "it runs a process";
  EXPECT_EQ(expire_after(60), Expired()) << "its minute begins anew";
  over.set();
}

TEST_F(VmUseTest, a_session_that_is_used_meanwhile_does_not_expire) {
  add("a", metro::testing::answer_each([this](const std::string&) {
        directory_.touch("a");
        return metro::testing::ok("{}");
      }));
  EXPECT_EQ(expire_after(60), Expired());
}

}  // namespace
}  // namespace wye::control
