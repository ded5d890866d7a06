#include "vm/cdp/command_tap.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <vector>

#include "testing/deflated.h"
#include "testing/fake_clock.h"

namespace wye::vm {
namespace {

using namespace std::chrono_literals;

std::string command(std::string_view method, std::string_view params = "") {
  return R"({"id":1,"method":")" + std::string(method) + R"(","params":{)" + std::string(params) + "}}";
}

/// The relay's end is the test's.
class Tap : public ::testing::Test {
 protected:
  Tap() { capture({}); }
  void capture(std::vector<std::string> excluded) {
    hub_.configure(Categories{"control"}, TelemetryCommands{.excluded_methods = std::move(excluded)});
  }
  /// Everything that can be done now.
  void run() {
    io_.restart();
    while (io_.poll() > 0) {
    }
  }
  void send(const wire::CopyPart& part, std::int64_t lost = 0) {
    wire::CopyWriter writer;
    writer.add(part);
    const auto packet = writer.packet(lost);
    ASSERT_EQ(::send(relay_.get(), packet.data(), packet.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(packet.size()));
  }
  void send_whole(std::string_view text) { send({.begins = true, .ends = true, .bytes = text}); }
  /// The methods of the events so far, `*` behind a cut one.
  std::string events() {
    std::string out;
    const auto floor = hub_.log().floor().value();
    EXPECT_TRUE(hub_.log().scan({.from = floor}, [&](const events::Record& record) {
      EXPECT_EQ(record.type, "cdp_command");
      const auto begin = record.json.find(R"("method":")") + 10;
      out += record.json.substr(begin, record.json.find('"', begin) - begin);
      out += record.json.find(R"("cut":true)") != std::string::npos ? "* " : " ";
      return true;
    }));
    return out;
  }

  boost::asio::io_context io_{1};
  testing::FakeClock clock_;
  Log log_{LogLevel::off};
  UniqueFd spool_{::memfd_create("spool", MFD_CLOEXEC)};
  TelemetryHub hub_{clock_, log_, events::SpoolLog::open(spool_.get()).value()};
  CommandEvents commands_{hub_};
  CommandTap tap_{io_, commands_, "c1"};
  UniqueFd relay_;
};

TEST_F(Tap, messages_become_events_in_their_order) {
  relay_ = tap_.open();
  send_whole(command("Page.navigate"));
  send_whole(command("Runtime.enable"));
  send_whole("no JSON");
  const auto second = command("Page.reload");
  send({.begins = true, .bytes = std::string_view(second).substr(0, 10)});
  send({.bytes = std::string_view(second).substr(10, 10)});
  send({.ends = true, .bytes = std::string_view(second).substr(20)});
  const auto third = testing::deflated(command("Page.stopLoading"));
  send({.begins = true, .ends = true, .compressed = true, .bytes = third});
  run();
  EXPECT_EQ(events(), "Page.navigate Page.reload Page.stopLoading ");
  send_whole(command("Page.close"));
  tap_.finish(0);
  EXPECT_EQ(events(), "Page.navigate Page.reload Page.stopLoading Page.close ") << "what is there at the end";
  EXPECT_EQ(tap_.counts()->lost, 0);
  EXPECT_EQ(tap_.counts()->excluded, 0);
}

TEST_F(Tap, excluded_methods_are_counted_and_a_change_holds_from_then_on) {
  EXPECT_FALSE(tap_.counts()) << "never open";
  relay_ = tap_.open();
  capture({"Page.reload"});
  send_whole(command("Page.reload"));
  send_whole(command("Page.navigate"));
  run();
  capture({"Page.navigate"});
  send_whole(command("Page.reload"));
  send_whole(command("Page.navigate"));
  tap_.close();
  EXPECT_EQ(events(), "Page.navigate Page.reload ");
  EXPECT_EQ(tap_.counts()->excluded, 2);
}

TEST_F(Tap, what_the_relay_lost_is_counted_once) {
  relay_ = tap_.open();
  send({.begins = true, .bytes = R"({"method":"Page.re)"});
  send({.begins = true, .ends = true, .bytes = command("Page.navigate")}, 3);
  send({.ends = true, .bytes = R"(load"})"}, 3);
  tap_.close();
  EXPECT_EQ(events(), "Page.navigate ");
  EXPECT_EQ(tap_.counts()->lost, 3);
  relay_ = tap_.open();
  send({.begins = true, .ends = true, .bytes = command("Page.reload")}, 4);
  tap_.finish(6);
  EXPECT_EQ(tap_.counts()->lost, 6);
  EXPECT_EQ(hub_.dropped(), 6);
}

TEST_F(Tap, of_a_long_message_the_method_is_told_or_it_is_lost) {
  relay_ = tap_.open();
  const auto head = R"({"id":1,"method":"Runtime.evaluate","params":{"expression":"xxx)";
  send({.begins = true, .ends = true, .cut = true, .bytes = head});
  const auto bomb = testing::deflated(
      command("Page.setDocumentContent", R"("html":")" + std::string(10'000'000, 'x') + "\""));
  send({.begins = true, .ends = true, .compressed = true, .bytes = bomb});
  send({.begins = true, .ends = true, .cut = true, .bytes = R"({"params":{"expression":"xxx)"});
  send({.begins = true,
        .ends = true,
        .cut = true,
        .bytes = R"({"method":"Page.addScriptToEvaluateOnNewDocument","params":{"source":"x)"});
  tap_.close();
  EXPECT_EQ(events(), "Runtime.evaluate* Page.setDocumentContent* ");
  EXPECT_EQ(tap_.counts()->lost, 1);
}

TEST_F(Tap, is_closed_with_the_relays_end_and_opened_again) {
  relay_ = tap_.open();
  relay_.reset();
  run();
  tap_.close();
  EXPECT_FALSE(tap_.is_open());
  relay_ = tap_.open();
  send_whole(command("Page.close"));
  run();
  EXPECT_EQ(events(), "Page.close ");
}

TEST_F(Tap, commands_have_a_budget_and_those_beyond_it_are_lost) {
  const auto now = std::chrono::steady_clock::time_point(1h);
  const auto text = command("Page.close");
  const auto take = [&](auto at) { return commands_.take({.bytes = text}, "c1", at); };
  int told = 0;
  while (take(now) == CommandEvents::Outcome::told) ASSERT_LT(++told, 200'000);
  EXPECT_GT(told, 8'000'000 / 400);
  EXPECT_EQ(hub_.dropped(), 1);
  EXPECT_EQ(take(now + 1s), CommandEvents::Outcome::told);
  hub_.configure(Categories{"control"});
  EXPECT_EQ(take(now + 1s), CommandEvents::Outcome::none) << "off";
}

}  // namespace
}  // namespace wye::vm
