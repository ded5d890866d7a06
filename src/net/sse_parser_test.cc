#include "net/sse_parser.h"

#include <gtest/gtest.h>

#include <vector>

namespace wye::net {
namespace {

std::vector<SseEvent> drain(SseParser& parser) {
  std::vector<SseEvent> out;
  while (auto event = parser.next()) out.push_back(std::move(*event));
  return out;
}

std::vector<SseEvent> parse(std::string_view bytes, std::size_t piece = 1'000'000) {
  SseParser parser;
  std::vector<SseEvent> out;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    EXPECT_TRUE(parser.feed(bytes.substr(0, piece)));
    for (auto& event : drain(parser)) out.push_back(std::move(event));
  }
  return out;
}

TEST(SseParser, the_same_events_come_of_every_cut) {
  const std::string_view stream =
      "\xef\xbb\xbfid: 1\ndata: a\ndata:  b\n\n: dropped 3\r\n\r\nevent: x\rdata:y\r\ridle\nid: "
      "2\r\ndata\r\n\r\n:\n\n";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    const auto events = parse(stream, piece);
    ASSERT_EQ(events.size(), 5u) << piece;
    EXPECT_EQ(events[0].id, "1");
    EXPECT_EQ(events[0].data, "a\n b");
    EXPECT_TRUE(events[1].is_comment);
    EXPECT_EQ(events[1].data, "dropped 3");
    EXPECT_EQ(events[2].event, "x");
    EXPECT_EQ(events[2].data, "y");
    EXPECT_EQ(events[2].id, "1") << "the last id stays";
    EXPECT_EQ(events[3].id, "2");
    EXPECT_EQ(events[3].data, "");
    EXPECT_EQ(events[3].event, "") << "the type does not stay";
    EXPECT_TRUE(events[4].is_comment);
  }
}

TEST(SseParser, an_event_that_is_not_finished_is_none) { EXPECT_TRUE(parse("data: half\n").empty()); }

TEST(SseParser, an_id_alone_dispatches_nothing_and_one_with_nul_is_ignored) {
  const auto events = parse(std::string_view("id: 7\n\nid: 8\0\ndata: x\n\n", 23));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].id, "7");
}

TEST(SseParser, an_event_is_bounded_at_the_byte) {
  SseParser parser;
  const std::string half(SseParser::kMaxEventBytes / 2, 'x');
  const std::string line = "data: " + half + "\n";
  ASSERT_TRUE(parser.feed(line));
  ASSERT_TRUE(parser.feed(line)) << "exactly the limit";
  EXPECT_EQ(parser.feed("data: x\n").error().code, "event_too_large");
}

TEST(SseParser, a_line_without_end_is_bounded) {
  SseParser parser;
  ASSERT_TRUE(parser.feed(std::string(SseParser::kMaxEventBytes, 'x')));
  EXPECT_EQ(parser.feed("x").error().code, "event_too_large");
}

}  // namespace
}  // namespace wye::net
