#include "events/event_filter.h"

#include <gtest/gtest.h>

namespace wye::events {
namespace {

TEST(EventFilter, takes_all_when_nothing_is_asked_for) {
  for (const auto* query : {"", "category=", "category=&type[]=", "replay=all", "categories=page"}) {
    const auto filter = parse_event_filter(query).value();
    EXPECT_TRUE(filter.is_all()) << query;
    EXPECT_TRUE(filter.takes("console", "console_log")) << query;
  }
}

TEST(EventFilter, an_event_has_to_be_of_a_category_and_of_a_type) {
  const auto filter =
      parse_event_filter("category[]=network&category[]=page&type=network_response,page_load").value();
  EXPECT_TRUE(filter.takes("network", "network_response"));
  EXPECT_TRUE(filter.takes("page", "page_load"));
  EXPECT_FALSE(filter.takes("network", "network_request"));
  EXPECT_FALSE(filter.takes("console", "network_response"));
  EXPECT_FALSE(parse_event_filter("category=network").value().takes("net", "network_request"));
  EXPECT_TRUE(parse_event_filter("type=page_load").value().takes("page", "page_load"));
  EXPECT_FALSE(parse_event_filter("type=page_load").value().is_all());
}

TEST(EventFilter, the_same_asked_for_in_another_way_is_the_same_filter) {
  const auto one = parse_event_filter("category=page,network&type=a,b").value();
  EXPECT_EQ(one, parse_event_filter("type%5B%5D=b&category[1]=network&type=a,a&category[0]=page").value());
  EXPECT_NE(one, parse_event_filter("category=page&type=a,b").value());
}

TEST(EventFilter, a_category_that_there_is_not_is_refused_and_a_type_is_not) {
  const auto refused = parse_event_filter("category=network,nets");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "bad_request");
  EXPECT_NE(refused.error().message.find("nets"), std::string::npos);
  EXPECT_TRUE(parse_event_filter("type=of_a_newer_server"));
  EXPECT_TRUE(parse_event_filter("category=monitor")) << "it cannot be set, but it exists";
}

TEST(EventFilter, names_and_lists_are_bounded) {
  EXPECT_FALSE(parse_event_filter("type=" + std::string(65, 'a')));
  EXPECT_TRUE(parse_event_filter("type=" + std::string(64, 'a')));
  for (const auto* odd : {"type=a%20b", "type=%00", "type=a%0Ab", "type=%C3%A4", "category=%3Cb%3E"}) {
    const auto refused = parse_event_filter(odd);
    ASSERT_FALSE(refused) << odd;
    EXPECT_EQ(refused.error().message.find('<'), std::string::npos) << "nothing foreign is shown";
  }
  std::string types = "type=a";
  for (int i = 1; i < 64; ++i) types += ",a";
  EXPECT_TRUE(parse_event_filter(types));
  EXPECT_FALSE(parse_event_filter(types + ",a"));
}

}  // namespace
}  // namespace wye::events
