#include "cli/terminal/escape_keys.h"

#include <gtest/gtest.h>

#include <vector>

namespace wye::cli {
namespace {

struct Row {
  const char* typed;
  const char* passed;
  bool leaves;
};

TEST(EscapeKeys, leave_only_at_the_beginning_of_a_line) {
  for (const auto& row : std::vector<Row>{{"ls\r", "ls\r", false},
                                          {"~.", "", true},
                                          {"ls\r~.x", "ls\r", true},
                                          {"ls\n~.", "ls\n", true},
                                          {"ls ~.", "ls ~.", false},
                                          {"~~.", "~.", false},
                                          {"~a", "~a", false},
                                          {"~\r~.", "~\r", true},
                                          {"\x03~.", "\x03~.", false},
                                          {"~/x", "~/x", false}}) {
    EscapeKeys whole, single;
    const auto at_once = whole.take(row.typed);
    EXPECT_EQ(at_once.bytes, row.passed) << row.typed;
    EXPECT_EQ(at_once.leave, row.leaves) << row.typed;
    EscapeKeys::Typed one_by_one;
    for (const char key : std::string(row.typed)) {
      if (one_by_one.leave) break;
      auto typed = single.take({&key, 1});
      one_by_one.bytes += typed.bytes;
      one_by_one.leave = typed.leave;
    }
    EXPECT_EQ(one_by_one.bytes, row.passed) << row.typed;
    EXPECT_EQ(one_by_one.leave, row.leaves) << row.typed;
  }
}

TEST(EscapeKeys, a_held_tilde_comes_with_the_next_key) {
  EscapeKeys keys;
  EXPECT_EQ(keys.take("~").bytes, "");
  EXPECT_EQ(keys.take("b").bytes, "~b");
}

}  // namespace
}  // namespace wye::cli
