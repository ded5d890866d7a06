#include "net/ws_inflate.h"

#include <gtest/gtest.h>

#include <string>

#include "testing/deflated.h"

namespace wye::net {
namespace {

TEST(WsInflater, each_message_is_read_by_itself) {
  WsInflater inflater(1000);
  for (const auto* text : {"one", "two and two and two", ""}) {
    const auto read = inflater.inflate(testing::deflated(text));
    EXPECT_EQ(read.text, text);
    EXPECT_FALSE(read.full);
  }
}

TEST(WsInflater, a_message_that_is_too_long_is_read_up_to_the_limit) {
  WsInflater inflater(1000);
  const auto read = inflater.inflate(testing::deflated(std::string(1'000'000, 'x')));
  EXPECT_EQ(read.text, std::string(1000, 'x'));
  EXPECT_TRUE(read.full);
}

TEST(WsInflater, of_what_is_cut_or_damaged_the_beginning_is_read) {
  WsInflater inflater(1000);
  const std::string text = "a b c d e f g h i j k l m n o p";
  const auto whole = testing::deflated(text);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = inflater.inflate(std::string_view(whole).substr(0, size));
    EXPECT_TRUE(text.starts_with(read.text.substr(0, 1))) << size;
  }
  EXPECT_EQ(inflater.inflate("\xff\xff\xff").text, "");
  EXPECT_EQ(inflater.inflate(whole).text, text) << "nothing stays behind";
}

}  // namespace
}  // namespace wye::net
