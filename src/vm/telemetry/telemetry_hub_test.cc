#include "vm/telemetry/telemetry_hub.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "events/paging.h"
#include "testing/fake_clock.h"
#include "testing/small_disk.h"

namespace wye::vm {
namespace {

TelemetryEvent made(int payload) {
  return {.type = "made",
          .category = "control",
          .source = {.kind = "extension"},
          .data = boost::json::value{{"payload", std::string(static_cast<std::size_t>(payload), 'x')}}};
}

struct Hub {
  explicit Hub(const std::string& directory, std::int64_t bound = events::kMaxSpoolBytes)
      : fd(::open((directory + "/spool").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)),
        hub(clock, log, events::SpoolLog::open(fd.get(), bound).value()) {
    hub.configure(Categories{"control"});
  }
  [[nodiscard]] std::string types() {
    std::string out;
    const auto floor = hub.log().floor().value();
    EXPECT_TRUE(hub.log().scan({.from = floor}, [&](const events::Record& record) {
      if (record.type != "made") out += record.json.substr(record.json.find("\"data\"")) + "\n";
      return true;
    }));
    return out;
  }
  testing::FakeClock clock;
  Log log{LogLevel::off};
  UniqueFd fd;
  TelemetryHub hub;
};

TEST(TelemetryHub, on_a_full_disk_telemetry_stops_and_goes_on_and_says_so) {
  EXPECT_TRUE(testing::on_small_disk(1 << 20, [](const std::string& directory) {
    Hub it(directory);
    EXPECT_TRUE(it.hub.publish(made(100)));
    testing::fill_disk(directory + "/ballast");
    auto kept = it.hub.publish(made(3000));
    while (kept) kept = it.hub.publish(made(3000));
    EXPECT_EQ(kept.error().code, "disk_full");
    const auto stopped = it.hub.last_seq();
    EXPECT_EQ(it.hub.ring().head(), stopped) << "the last event is shown, too";
    for (int i = 0; i < 4; ++i) EXPECT_FALSE(it.hub.publish(made(10))) << "nothing is acknowledged";
    EXPECT_EQ(it.hub.last_seq(), stopped) << "one event reports it, not one for each try";
    ::unlink((directory + "/ballast").c_str());
    const auto next = it.hub.publish(made(10));
    EXPECT_TRUE(next && *next && (*next)->seq == stopped + 2);
    EXPECT_EQ(it.types(),
              "\"data\":{\"reason\":\"disk_full\"}}}\n\"data\":{\"dropped\":5,\"reason\":\"disk_full\"}}}\n");
    EXPECT_EQ(it.hub.dropped(), 5);
    return !::testing::Test::HasFailure();
  }));
}

TEST(TelemetryHub, at_the_spools_bound_telemetry_stops_until_the_server_has_trimmed_it) {
  EXPECT_TRUE(testing::on_small_disk(1 << 20, [](const std::string& directory) {
    constexpr std::int64_t kBound = 256 * 1024;
    Hub it(directory, kBound);
    auto kept = it.hub.publish(made(3000));
    while (kept) kept = it.hub.publish(made(3000));
    EXPECT_EQ(kept.error().code, "spool_full");
    const auto stopped = it.hub.last_seq();
    EXPECT_EQ(it.types(), "\"data\":{\"reason\":\"spool_full\"}}}\n");
    events::SpoolReader archiver(it.fd.get());
    while (archiver.offset() < kBound / 2) EXPECT_TRUE(archiver.next().value());
    EXPECT_EQ(::fallocate(it.fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, archiver.offset()), 0);
    const auto next = it.hub.publish(made(10));
    EXPECT_TRUE(next && *next && (*next)->seq == stopped + 2);
    EXPECT_EQ(
        it.types(),
        "\"data\":{\"reason\":\"spool_full\"}}}\n\"data\":{\"dropped\":1,\"reason\":\"spool_full\"}}}\n");
    return !::testing::Test::HasFailure();
  }));
}

}  // namespace
}  // namespace wye::vm
