#include "wire/devtools_line.h"

#include <gtest/gtest.h>

namespace wye::wire {
namespace {

TEST(DevtoolsLine, what_the_gateway_says_is_read_as_it_was_meant) {
  using What = LineToAgent::What;
  for (const auto& said :
       {LineToAgent{.what = What::ending}, LineToAgent{.what = What::lost, .may_move = true},
        LineToAgent{.what = What::lost, .at_boundary = true},
        LineToAgent{.what = What::over, .reason = "client_close", .messages = 12},
        LineToAgent{.what = What::over, .reason = "client_close", .messages = 12, .lost = 3}}) {
    auto line = to_line(said);
    ASSERT_TRUE(line.ends_with('\n'));
    line.pop_back();
    const auto read = parse_line_to_agent(line);
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(to_line(*read), line + "\n");
  }
}

TEST(DevtoolsLine, what_the_agent_says_is_read_as_it_was_meant) {
  using What = LineToGateway::What;
  for (const auto& said :
       {LineToGateway{.what = What::moved}, LineToGateway{.what = What::gone},
        LineToGateway{.what = What::commands, .on = true}, LineToGateway{.what = What::commands},
        LineToGateway{.what = What::cause, .code = 1012, .reason = "upstream_changed"},
        LineToGateway{.what = What::cause, .code = 1011, .reason = "failed to connect to upstream"},
        LineToGateway{.what = What::cause, .code = 1000}}) {
    auto line = to_line(said);
    line.pop_back();
    const auto read = parse_line_to_gateway(line);
    ASSERT_TRUE(read) << line;
    EXPECT_EQ(to_line(*read), line + "\n");
  }
}

TEST(DevtoolsLine, what_is_no_message_is_refused) {
  for (const auto* bad : {"", "ending ", "lost", "lost 1", "lost 2 0", "lost 1 0 0", "over x", "over x 1",
                          "over x -1 0", "over x 1x 0", "over x 1 -1", "over x 1 1x", "over x 1 0 0",
                          "over x 99999999999999999999 0", "over a b 1 0", "OVER x 1 0"})
    EXPECT_FALSE(parse_line_to_agent(bad)) << bad;
  for (const auto& bad :
       {std::string(), std::string("moved "), std::string("commands"), std::string("commands 2"),
        std::string("commands 1 1"), std::string("cause 1012"), std::string("cause 999 x"),
        std::string("cause 1016 x"), std::string("cause 65537 x"), std::string("cause 1012 a\x01"),
        std::string("cause 1012 caf\xc3\xa9"), "cause 1012 " + std::string(124, 'x'), std::string("gone\r")})
    EXPECT_FALSE(parse_line_to_gateway(bad)) << bad;
}

TEST(DevtoolsLine, bytes_are_cut_into_lines_however_they_come) {
  const std::string text = "moved\ncause 1011 x\ngone\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    LineReader reader;
    std::string seen;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      ASSERT_TRUE(reader.feed(std::string_view(text).substr(at, piece)));
      while (const auto line = reader.next()) seen += *line + "|";
    }
    EXPECT_EQ(seen, "moved|cause 1011 x|gone|");
  }
}

TEST(DevtoolsLine, a_line_without_end_breaks_the_line_and_grows_nothing) {
  LineReader reader;
  EXPECT_TRUE(reader.feed(std::string(kMaxLine - 1, 'x')));
  EXPECT_FALSE(reader.feed("x"));
  LineReader flooded;
  EXPECT_FALSE(flooded.feed(std::string(1 << 20, '\n')));
}

}  // namespace
}  // namespace wye::wire
