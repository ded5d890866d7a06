#include "cli/repl/repl_input.h"

#include <gtest/gtest.h>

namespace wye::cli {
namespace {

constexpr const char* kUnfinished = "SyntaxError: Unexpected end of input";

TEST(ReplInput, a_line_is_a_cell) {
  ReplInput input;
  EXPECT_EQ(input.take("let a = 1"), "let a = 1");
  input.heard(true, "");
  EXPECT_EQ(input.take("b"), "b");
  input.heard(false, "ReferenceError: b is not defined");
  EXPECT_FALSE(input.continues());
  EXPECT_EQ(input.take("  c"), "  c");
}

TEST(ReplInput, lines_are_added_until_the_cell_is_whole) {
  ReplInput input;
  EXPECT_EQ(input.take("if (a) {"), "if (a) {");
  input.heard(false, kUnfinished);
  EXPECT_TRUE(input.continues());
  EXPECT_EQ(input.take("= 1"), "if (a) {\n= 1") << "no command within a cell";
  input.heard(false, kUnfinished);
  EXPECT_EQ(input.take(".exit"), "if (a) {\n= 1\n.exit");
  EXPECT_EQ(input.wish(), ReplInput::Wish::none);
  input.heard(false, "SyntaxError: Unexpected token '='");
  EXPECT_FALSE(input.continues()) << "no further line could repair it";
}

TEST(ReplInput, an_empty_line_gives_an_unfinished_cell_up) {
  ReplInput input;
  EXPECT_TRUE(input.take("f("));
  input.heard(false, kUnfinished);
  EXPECT_FALSE(input.take(" "));
  EXPECT_FALSE(input.continues());
  EXPECT_EQ(input.take("x"), "x");
}

TEST(ReplInput, code_that_itself_fails_to_parse_something_is_not_unfinished) {
  ReplInput input;
  EXPECT_TRUE(input.take("JSON.parse('[')"));
  input.heard(false, "SyntaxError: Unexpected end of JSON input");
  EXPECT_FALSE(input.continues());
  EXPECT_TRUE(input.take("x"));
  input.heard(true, kUnfinished);
  EXPECT_FALSE(input.continues());
}

TEST(ReplInput, knows_wishes_and_values) {
  ReplInput input;
  EXPECT_FALSE(input.take(".exit"));
  EXPECT_EQ(input.wish(), ReplInput::Wish::leave);
  EXPECT_FALSE(input.take(".reset"));
  EXPECT_EQ(input.wish(), ReplInput::Wish::reset);
  EXPECT_EQ(input.take("=a + 1"), "console.log(await (a + 1))");
  EXPECT_EQ(input.wish(), ReplInput::Wish::none);
}

}  // namespace
}  // namespace wye::cli
