#include "control/store/sqlite_store.h"

#include <gtest/gtest.h>

#include "control/store/testing/scratch_dir.h"
#include "control/store/testing/store_steps.h"
#include "events/paging_contract.h"
#include "testing/small_disk.h"

namespace wye::control {
namespace {

const std::string kA(24, 'a');

TEST(SqliteStore, a_full_disk_is_503_and_passes) {
  EXPECT_TRUE(wye::testing::on_small_disk(1 << 20, [](const std::string& directory) {
    const auto store = open_sqlite_store(directory + "/wye.db").value();
    EXPECT_TRUE(store->insert_session({.id = kA, .life = Life::live}));
    wye::testing::fill_disk(directory + "/ballast");
    std::vector<host::ArchiveBatch> batches(1);
    host::SpoolMark mark;
    const auto archive = [&](std::int64_t seq) {
      batches[0] = {.session = kA,
                    .expected = mark,
                    .records = {events::testing::sample(seq, 10)},
                    .mark = {.offset = seq, .last_seq = seq, .last_ts = 10}};
      return store->archive(batches);
    };
    std::int64_t seq = 1;
    auto done = archive(seq);
    for (; done; done = archive(seq)) {
      EXPECT_TRUE(done->at(0).taken);
      mark = batches[0].mark;
      ++seq;
    }
    EXPECT_EQ(done.error().status, 503);
    EXPECT_EQ(done.error().code, "store_unavailable");
    EXPECT_NE(done.error().message.find("full"), std::string::npos) << done.error().message;
    std::filesystem::remove(directory + "/ballast");
    EXPECT_TRUE(archive(seq).value().at(0).taken);
    const auto events = store->archived_events(kA);
    std::int64_t found = 0;
    EXPECT_TRUE(events->scan({}, [&](const events::Record& record) { return record.seq == ++found; }));
    EXPECT_EQ(found, seq) << "every record that was reported as kept, and none twice";
    return !::testing::Test::HasFailure();
  }));
}

}  // namespace
}  // namespace wye::control
