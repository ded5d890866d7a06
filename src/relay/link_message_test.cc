#include "relay/link_message.h"

#include <gtest/gtest.h>

namespace wye::relay {
namespace {

TEST(LinkMessage, is_read_as_it_was_meant) {
  using What = LinkMessage::What;
  for (const auto& said :
       {LinkMessage{.what = What::hello, .number = kLinkVersion, .count = 20},
        LinkMessage{.what = What::has, .number = ~0ULL, .session = "s1"}, LinkMessage{.what = What::ready},
        LinkMessage{.what = What::open,
        .number = 7,
        .network = 12,
        .session = "s1",
        .from_client = std::string("\n \0x", 4),
        .from_devtools = "hello 1\n"},
        LinkMessage{.what = What::end, .session = "s1"}, LinkMessage{.what = What::over, .number = 7}}) {
    const auto text = to_text(said);
    const auto read = parse_link_message(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(to_text(*read), text);
    EXPECT_EQ(read->from_client, said.from_client);
    EXPECT_EQ(read->from_devtools, said.from_devtools);
  }
}

TEST(LinkMessage, what_is_none_is_refused) {
  for (const auto& bad : {std::string(), std::string("hello"), std::string("hello 1 0 0 0 0 "),
                          std::string("hello 1 0 0 0 0\n"), std::string("hello 1 0 0 0 0 a b\n"),
                          std::string("hallo 1 0 0 0 0 \n"), std::string("over -1 0 0 0 0 \n"),
                          std::string("open 1 0 0 5 0 s\nabc"), std::string("open 1 0 0 1 1 s\nabc"),
                          std::string("open 1 0 0 18446744073709551615 4 s\nabc"),
                          "end 0 0 0 0 0 " + std::string(129, 's') + "\n"})
    EXPECT_FALSE(parse_link_message(bad)) << bad;
}

}  // namespace
}  // namespace wye::relay
