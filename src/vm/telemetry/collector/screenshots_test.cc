#include "vm/telemetry/collector/screenshots.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>

#include "base/unique_fd.h"
#include "testing/fake_clock.h"

namespace wye::vm {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

/// Pages that report themselves visible and have a picture, except for those in `silent`.
class Pages final : public CdpPort {
 public:
  void send(std::string_view method, std::string_view, std::string_view session, Done done) override {
    asked.push_back(std::string(session));
    if (std::string(session) == silent) return owed.push_back(std::move(done));
    if (method == "Page.createIsolatedWorld") return done(json::value{{"executionContextId", 7}});
    if (method == "Runtime.evaluate")
      return done(json::value{{"result", json::object{{"value", "visible"}}}});
    done(json::value{{"data", "png"}});
  }
  std::shared_ptr<void> watch(Watcher) override { return nullptr; }

  std::string silent;
  std::vector<std::string> asked;
  std::vector<Done> owed;
};

class ScreenshotsOfPages : public ::testing::Test {
 protected:
  ScreenshotsOfPages()
      : fd_(::memfd_create("spool", MFD_CLOEXEC)),
        hub_(clock_, log_, events::SpoolLog::open(fd_.get()).value()) {
    hub_.configure(Categories{"screenshot"});
  }
  void open(const std::string& id, std::uint64_t last_active) {
    targets_.add({.id = id, .session = "S" + id, .kind = "page", .last_active = last_active}, nullptr);
  }
  std::int64_t pictures() const { return hub_.last_seq(); }

  testing::FakeClock clock_;
  Log log_{LogLevel::off};
  UniqueFd fd_;
  TelemetryHub hub_;
  Deadlines deadlines_;
  EventSink sink_{hub_, clock_, deadlines_};
  Targets targets_;
  Screenshots screenshots_{sink_, targets_};
  Pages pages_;
};

TEST_F(ScreenshotsOfPages, one_that_does_not_answer_holds_up_no_other) {
  open("stuck", 2);
  open("fine", 1);
  pages_.silent = "Sstuck";
  screenshots_.on_due(pages_);
  EXPECT_EQ(pages_.asked, std::vector<std::string>{"Sstuck"});
  EXPECT_EQ(deadlines_.next(), clock_.steady() + Screenshots::kAnswersWithin);
  clock_.advance(Screenshots::kAnswersWithin);
  screenshots_.on_silence(pages_);
  EXPECT_EQ(pictures(), 1) << "of the other page";
  for (int i = 0; i < 3; ++i) {
    clock_.advance(Screenshots::kEvery);
    screenshots_.on_due(pages_);
  }
  EXPECT_EQ(pictures(), 4) << "at once, since the stuck one owes an answer";
  EXPECT_EQ(std::count(pages_.asked.begin(), pages_.asked.end(), "Sstuck"), 1);
  pages_.silent.clear();
  pages_.owed.front()(json::value{{"executionContextId", 7}});
  EXPECT_EQ(pictures(), 4) << "a late answer gives no picture";
  pages_.asked.clear();
  screenshots_.on_due(pages_);
  EXPECT_EQ(pages_.asked.front(), "Sstuck") << "it answers again";
}

TEST_F(ScreenshotsOfPages, one_that_never_answers_is_asked_again_now_and_then) {
  open("stuck", 1);
  pages_.silent = "Sstuck";
  for (auto time = 0s; time < 2 * Screenshots::kAskAgainAfter; time += Screenshots::kEvery) {
    screenshots_.on_due(pages_);
    clock_.advance(Screenshots::kEvery);
    screenshots_.on_silence(pages_);
  }
  EXPECT_EQ(pages_.asked.size(), 2u);
}

}  // namespace
}  // namespace wye::vm
