#include "net/response_head.h"

#include <gtest/gtest.h>

namespace wye::net {
namespace {

ResponseHead read(std::initializer_list<std::string_view> lines) {
  ResponseHead head;
  for (const auto line : lines) EXPECT_TRUE(head.add_line(line));
  return head;
}

TEST(ResponseHead, fields_keep_their_order_and_repeats_and_lose_the_space_around_them) {
  const auto head = read({"HTTP/1.1 201 Created\r\n", "A:  1 \t\r\n", "b:2\r\n", "A: 3\r\n", "\r\n"});
  EXPECT_TRUE(head.complete());
  EXPECT_EQ(head.status, 201);
  EXPECT_EQ(head.fields, (HeaderFields{{"A", "1"}, {"b", "2"}, {"A", "3"}}));
}

TEST(ResponseHead, interim_answers_are_passed_over) {
  const auto head = read({"HTTP/1.1 103 Early Hints", "Link: x", "", "HTTP/1.1 200 OK", "A: 1", ""});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.fields, (HeaderFields{{"A", "1"}}));
}

TEST(ResponseHead, an_interim_answer_alone_is_not_complete) {
  EXPECT_FALSE(read({"HTTP/1.1 100 Continue", ""}).complete());
}

TEST(ResponseHead, trailers_are_left_out) {
  const auto head = read({"HTTP/1.1 200 OK", "A: 1", "", "B: 2", ""});
  EXPECT_EQ(head.fields, (HeaderFields{{"A", "1"}}));
}

TEST(ResponseHead, folded_lines_are_joined) {
  const auto head = read({"HTTP/1.1 200 OK", "A: 1", "  2: 3", ""});
  EXPECT_EQ(head.fields, (HeaderFields{{"A", "1 2: 3"}}));
}

TEST(ResponseHead, http2_and_status_lines_that_are_none) {
  EXPECT_EQ(read({"HTTP/2 204", ""}).status, 204);
  EXPECT_EQ(read({"HTTP/1.1 2x4 No", ""}).status, 0);
  EXPECT_EQ(read({"HTTP/1.1", ""}).status, 0);
  EXPECT_FALSE(read({"HTTP/1.1 20", ""}).complete());
}

TEST(ResponseHead, is_bounded_trailers_included) {
  ResponseHead head;
  ASSERT_TRUE(head.add_line("HTTP/1.1 200 OK"));
  const std::string line = "A: " + std::string(ResponseHead::kMaxBytes - 15 - 3, 'x');
  EXPECT_TRUE(head.add_line(line)) << "exactly the limit";
  EXPECT_FALSE(head.add_line("B"));
}

}  // namespace
}  // namespace wye::net
