#include "control/store/sqlite_exports.h"

#include <gtest/gtest.h>

#include "control/store/sqlite_store.h"
#include "control/store/testing/scratch_dir.h"

namespace wye::control {
namespace {

TEST(SqliteExports, a_damaged_row_is_an_error_that_quotes_nothing) {
  const testing::ScratchDir scratch;
  const auto store = open_sqlite_store(scratch.file("wye.db")).value();
  const std::string id(24, 'd');
  ASSERT_TRUE(store->exports().add({.id = id, .name = "collector", .endpoint = "https://otel.example"}));
  testing::run_sql(scratch.file("wye.db"),
                   R"(UPDATE destinations SET headers='{"authorization":"Bearer s3cr')");
  const auto read = store->exports().by_id(id);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, "store_damaged");
  EXPECT_EQ(read.error().message.find("s3cr"), std::string::npos) << read.error().message;
}

}  // namespace
}  // namespace wye::control
