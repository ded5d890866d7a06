#include <gtest/gtest.h>

#include "vm/repl/repl_content.h"
#include "vm/repl/repl_request.h"

namespace wye::vm {
namespace {

TEST(ReplRequest, has_defaults_and_takes_no_unknown_field) {
  const auto plain = read_repl_request(R"({"code":"1"})");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->timeout.count(), 60);
  EXPECT_FALSE(plain->reset);
  EXPECT_TRUE(read_repl_request(R"({"code":"","reset":true})"));
  EXPECT_TRUE(read_repl_request(R"({"reset":true})"));
  for (const auto* bad : {"", "{}", R"({"code":""})", R"({"code":1})", R"({"code":"1","timeout_sec":0})",
                          R"({"code":"1","timeout_sec":301})", R"({"code":"1","reset":"yes"})",
                          R"({"code":"1","more":1})", "[]"}) {
    const auto read = read_repl_request(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().kind, ErrorKind::invalid) << bad;
  }
}

TEST(ReplContent, keeps_order_and_joins_what_is_of_one_channel) {
  ReplContent content;
  content.add_text("write", "a");
  content.add_text("write", "b");
  content.add_text("stdout", "c\n");
  content.add_image("image/png", "QUJD");
  EXPECT_EQ(content.take(),
            "\"content\":[{\"type\":\"text\",\"channel\":\"write\",\"text\":\"ab\"},{\"type\":\"text\","
            "\"channel\":\"stdout\",\"text\":\"c\\n\"},"
            "{\"type\":\"image\",\"mime_type\":\"image/png\",\"data_b64\":\"QUJD\"}]");
  EXPECT_EQ(content.take(), "");
}

TEST(ReplContent, is_bounded_in_text_images_and_items) {
  ReplContent content;
  content.add_text("write", std::string(ReplContent::kMostText, 'x'));
  content.add_text("stdout", "y");
  EXPECT_TRUE(content.take().ends_with("}],\"content_truncated\":true"));
  const std::string large(ReplContent::kLargestImage / 3 * 4, 'A');
  content.add_image("image/png", large + "AAAAAAAA");
  EXPECT_EQ(content.take(), "\"content_truncated\":true");
  for (int i = 0; i < 3; ++i) content.add_image("image/png", large);
  EXPECT_LT(content.take().size(), 2 * large.size() + 500);
  for (std::size_t i = 0; i < ReplContent::kMostItems + 1; ++i)
    content.add_text(i % 2 == 0 ? "write" : "stdout", "x");
  EXPECT_TRUE(content.take().ends_with(",\"content_truncated\":true"));
}

TEST(ReplAnswer, holds_what_there_is) {
  EXPECT_EQ(repl_answer({.repl_id = "r"}), R"({"repl_id":"r","success":true})");
  EXPECT_EQ(
      repl_answer({.repl_id = "r",
                   .success = false,
                   .terminated = true,
                   .duration_ms = 5,
                   .content = "\"content\":[]",
                   .error = "e",
                   .stack = "s"}),
      R"({"repl_id":"r","success":false,"content":[],"duration_ms":5,"error":"e","stack":"s","repl_terminated":true})");
}

}  // namespace
}  // namespace wye::vm
