#include "net/answer_head.h"

#include <gtest/gtest.h>

namespace wye::net {
namespace {

TEST(AnswerHead, fields_that_could_end_it_early_or_frame_it_are_left_out) {
  const Headers headers{{"X-A", "1"},
                        {"X-B", "1\r\nX-C: 2"},
                        {"X-D\r\nX-E", "1"},
                        {"X F", "1"},
                        {"", "1"},
                        {"Content-Length", "7"},
                        {"transfer-encoding", "chunked"},
                        {"Connection", "keep-alive"},
                        {"Keep-Alive", "timeout=1"},
                        {"X-Z", "caf\xc3\xa9"}};
  EXPECT_EQ(answer_head(200, headers, "Content-Length: 0\r\n", ConnectionField::none),
            "HTTP/1.1 200 OK\r\nX-A: 1\r\nX-Z: caf\xc3\xa9\r\nContent-Length: 0\r\n\r\n");
}

TEST(AnswerHead, says_of_the_connection_what_the_version_does_not) {
  EXPECT_EQ(connection_field(true, 1), ConnectionField::none);
  EXPECT_EQ(connection_field(true, 0), ConnectionField::keep_alive);
  EXPECT_EQ(connection_field(false, 1), ConnectionField::close);
  EXPECT_EQ(connection_field(false, 0), ConnectionField::close);
  EXPECT_EQ(answer_head(299, {}, "", ConnectionField::close),
            "HTTP/1.1 299 Status\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer_head(404, {}, "", ConnectionField::keep_alive),
            "HTTP/1.1 404 Not Found\r\nConnection: keep-alive\r\n\r\n");
}

TEST(WholeAnswerHead, the_length_is_the_bodys_where_there_is_one) {
  struct Row {
    int status;
    Headers headers;
    std::string body;
    bool to_head;
    std::string length;  // "" = none is said
  };
  for (const auto& row : std::vector<Row>{{200, {}, "abc", false, "3"},
                                          {200, {}, "", false, "0"},
                                          {200, {{"Content-Length", "9"}}, "abc", false, "3"},
                                          {200, {{"Content-Length", "9"}}, "", true, "9"},
                                          {200, {}, "abc", true, "3"},
                                          {204, {}, "", false, ""},
                                          {204, {{"Content-Length", "9"}}, "", true, ""},
                                          {304, {}, "", false, "0"},
                                          {304, {{"Content-Length", "9"}}, "", false, "9"},
                                          {101, {}, "", false, ""}}) {
    const auto head =
        whole_answer_head({row.status, row.headers, row.body}, row.to_head, ConnectionField::none);
    const auto expected = row.length.empty() ? "\r\n\r\n" : "\r\nContent-Length: " + row.length + "\r\n\r\n";
    EXPECT_TRUE(head.ends_with(expected)) << head;
    EXPECT_EQ(head.find("Content-Length") == std::string::npos, row.length.empty()) << head;
  }
  for (const int status : {100, 101, 199, 204, 304}) EXPECT_TRUE(has_no_body(status)) << status;
  for (const int status : {200, 205, 301, 404, 500}) EXPECT_FALSE(has_no_body(status)) << status;
}

}  // namespace
}  // namespace wye::net
