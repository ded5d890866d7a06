#include "control/store/sqlite_database.h"

#include <gtest/gtest.h>

#include "control/store/testing/scratch_dir.h"

namespace wye::control {
namespace {

class KeptStatements : public ::testing::Test {
 protected:
  KeptStatements() {
    EXPECT_TRUE(database_.execute("CREATE TABLE numbers (n INTEGER); INSERT INTO numbers VALUES (1), (2)"));
  }
  testing::ScratchDir directory_;
  Database database_ = Database::open(directory_.file("wye.db")).value();
};

constexpr std::string_view kRead = "SELECT n, ?1 FROM numbers ORDER BY n";

TEST_F(KeptStatements, one_that_was_left_in_the_middle_begins_anew_and_without_values) {
  {
    auto read = database_.kept(kRead);
    ASSERT_TRUE(read.bind(1, 7).step().value());
    EXPECT_EQ(read.number(1), 7);
  }
  auto again = database_.kept(kRead);
  ASSERT_TRUE(again.step().value());
  EXPECT_EQ(again.number(0), 1);
  EXPECT_EQ(again.number(1), 0) << "the value of the previous use";
}

TEST_F(KeptStatements, two_of_one_text_at_once_are_two) {
  auto outer = database_.kept(kRead);
  ASSERT_TRUE(outer.step().value());
  {
    auto inner = database_.kept(kRead);
    ASSERT_TRUE(inner.step().value());
    ASSERT_TRUE(inner.step().value());
    EXPECT_EQ(inner.number(0), 2);
  }
  ASSERT_TRUE(outer.step().value());
  EXPECT_EQ(outer.number(0), 2);
}

TEST_F(KeptStatements, what_rests_holds_no_read) {
  ASSERT_TRUE(database_.kept(kRead).step().value());
  EXPECT_TRUE(database_.execute("DROP TABLE numbers")) << "a table that is read is locked";
  EXPECT_FALSE(database_.kept(kRead).step()) << "it uses the present schema";
}

TEST_F(KeptStatements, any_number_of_texts_may_be_asked_for) {
  for (std::size_t i = 0; i < 3 * RestingStatements::kMost; ++i) {
    auto read = database_.kept("SELECT " + std::to_string(i));
    ASSERT_TRUE(read.step().value());
    EXPECT_EQ(read.number(0), static_cast<std::int64_t>(i));
  }
}

TEST_F(KeptStatements, a_resting_one_is_taken_once) {
  RestingStatements resting;
  { Statement read(database_.handle(), kRead, &resting); }
  auto* const taken = resting.take(kRead);
  ASSERT_NE(taken, nullptr) << "it would be prepared again";
  EXPECT_EQ(resting.take(kRead), nullptr);
  resting.rest(taken);
}

}  // namespace
}  // namespace wye::control
