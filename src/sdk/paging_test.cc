#include "sdk/paging.h"

#include "sdk/testing/sdk_fixture.h"

namespace wye {
namespace {

using testing::answer;
using testing::SeenRequest;

TEST(NextPage, is_what_the_two_fields_say_and_nothing_else_is) {
  struct Row {
    std::string has_more, offset;
    bool more;
    std::int64_t next;
  };
  for (const auto& row : std::vector<Row>{{"true", "7", true, 7},
                                          {"TRUE", "7", true, 7},
                                          {"false", "7", false, 7},
                                          {"", "7", false, 7},
                                          {"1", "7", false, 7},
                                          {"yes", "7", false, 7},
                                          {"true", "", true, 0},
                                          {"true", "0", true, 0},
                                          {"true", "-1", true, 0},
                                          {"true", "+7", true, 0},
                                          {"true", " 7", true, 0},
                                          {"true", "7 ", true, 0},
                                          {"true", "7.5", true, 0},
                                          {"true", "7e3", true, 0},
                                          {"true", "0x7", true, 0},
                                          {"true", "seven", true, 0},
                                          {"true", "9223372036854775807", true, INT64_MAX},
                                          {"true", "9223372036854775808", true, 0},
                                          {"true", "-9223372036854775808", true, 0},
                                          {"true", std::string(5000, '9'), true, 0}}) {
    const auto next = sdk::next_page({{"X-Has-More", row.has_more}, {"X-Next-Offset", row.offset}});
    EXPECT_EQ(next.has_more, row.more) << row.has_more;
    EXPECT_EQ(next.offset, row.next) << row.offset.substr(0, 30);
  }
  EXPECT_FALSE(sdk::next_page({}).has_more);
}

class Paging : public testing::SdkTest {
 protected:
  static std::string browsers(std::initializer_list<const char*> ids) {
    std::string out;
    for (const char* id : ids)
      out.append(out.empty() ? "[" : ",").append(R"({"session_id":")").append(id).append("\"}");
    return out.empty() ? "[]" : out + "]";
  }
  static std::string more(const std::string& offset) {
    return "Content-Type: application/json\r\nX-Has-More: true\r\nX-Next-Offset: " + offset + "\r\n";
  }
  /// Answers the first request with the first page, and so on; the last page stays.
  void play(std::vector<testing::Play> pages) {
    script_ = [pages = std::move(pages), at = std::make_shared<std::size_t>(0)](const SeenRequest&) {
      return pages[std::min((*at)++, pages.size() - 1)];
    };
  }
  std::vector<std::string> ids(Pager<Browser>& pager) {
    std::vector<std::string> out;
    for (auto& item : pager) {
      out.push_back(item.result() ? item.value().session_id : item.result().error().code);
      if (out.size() > 100) break;  // no test has more
    }
    return out;
  }
};

TEST_F(Paging, each_page_is_asked_for_when_it_is_needed_with_the_offset_the_one_before_gave) {
  play({answer(200, browsers({"a", "b"}), more("2")), answer(200, browsers({"c"}), more("17")),
        answer(200, browsers({"d"}))});
  auto pager = client().browsers().list({.limit = 2, .status = BrowserStatus::all, .query = "x y"});
  EXPECT_EQ(asked(), 0u);
  EXPECT_EQ(pager.route(), RouteInfo());
  EXPECT_EQ(pager.next()->value().session_id, "a");
  EXPECT_EQ(pager.next()->value().session_id, "b");
  EXPECT_EQ(asked(), 1u);
  EXPECT_EQ(pager.route().via, Via::control_plane);
  EXPECT_EQ(ids(pager), (std::vector<std::string>{"c", "d"}));
  EXPECT_FALSE(pager.next());
  const auto seen = server_.seen();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].line, "GET /browsers?limit=2&status=all&query=x%20y HTTP/1.1");
  EXPECT_EQ(seen[1].line, "GET /browsers?limit=2&status=all&query=x%20y&offset=2 HTTP/1.1");
  EXPECT_EQ(seen[2].line, "GET /browsers?limit=2&status=all&query=x%20y&offset=17 HTTP/1.1");
}

TEST_F(Paging, the_words_of_status_and_order_are_the_apis) {
  for (const auto& [status, word] :
       std::vector<std::pair<BrowserStatus, std::string>>{{BrowserStatus::active, "active"},
                                                          {BrowserStatus::deleted, "deleted"},
                                                          {BrowserStatus::all, "all"}}) {
    play({answer(200, "[]")});
    EXPECT_FALSE(client().browsers().list({.status = status}).next());
    EXPECT_EQ(server_.last_seen().line, "GET /browsers?status=" + word + " HTTP/1.1");
  }
  for (const auto& [order, word] : std::vector<std::pair<EventOrder, std::string>>{
           {EventOrder::asc, "asc"}, {EventOrder::desc, "desc"}}) {
    EXPECT_FALSE(client().telemetry().events("b", {.order = order}).next());
    EXPECT_EQ(server_.last_seen().line, "GET /browsers/b/telemetry/events?order=" + word + " HTTP/1.1");
  }
}

TEST_F(Paging, the_first_pages_since_gives_way_to_the_cursor) {
  const std::string event = R"({"seq":1,"event":{"ts":1,"type":"t","category":"c","source":{"kind":"cdp"}}})";
  play({answer(200, "[" + event + "]", more("5")), answer(200, "[]")});
  auto pages = client().telemetry().events("b", {.since = "5m", .until = "1m", .categories = {"x", "y"}});
  while (pages.next()) {
  }
  const auto seen = server_.seen();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].line, "GET /browsers/b/telemetry/events?until=1m&category=x%2Cy&since=5m HTTP/1.1");
  EXPECT_EQ(seen[1].line, "GET /browsers/b/telemetry/events?until=1m&category=x%2Cy&offset=5 HTTP/1.1");
}

TEST_F(Paging, a_page_that_fails_is_the_last_item_and_is_asked_for_once) {
  options_.max_retries = 0;
  play({answer(200, browsers({"a"}), more("1")), answer(500, R"({"code":"broken","message":"m"})")});
  auto pager = client().browsers().list();
  EXPECT_EQ(ids(pager), (std::vector<std::string>{"a", "broken"}));
  EXPECT_FALSE(pager.next());
  EXPECT_EQ(asked(), 2u);
}

TEST_F(Paging, a_page_is_retried_like_any_call_and_nothing_comes_twice) {
  play({answer(200, browsers({"a"}), more("1")), answer(503, "{}", "Retry-After: 2\r\n"),
        answer(200, browsers({"b"}))});
  auto pager = client().browsers().list();
  EXPECT_EQ(ids(pager), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(pause_->waits(), (std::vector<std::int64_t>{2000}));
}

TEST_F(Paging, a_page_that_is_no_array_is_a_bad_answer) {
  for (const char* body :
       {"{}", "null", "7", "[7]", "[{\"session_id\":7}]", "[", "", "[{\"session_id\":\"a\"}"}) {
    play({answer(200, body)});
    auto pager = client().browsers().list();
    const auto item = pager.next();
    ASSERT_TRUE(item) << body;
    ASSERT_FALSE(item->result()) << body;
    EXPECT_EQ(item->result().error().code, "bad_answer") << body;
    EXPECT_FALSE(pager.next()) << body;
  }
}

TEST_F(Paging, a_server_that_never_ends_its_pages_cannot_hold_the_reader) {
  // The list ends with an offset that does not move, with one of 0, without one, and with an empty page.
  for (const auto& [offset, count] :
       std::vector<std::pair<std::string, std::size_t>>{{"5", 2}, {"0", 1}, {"-5", 1}, {"", 1}, {"x", 1}}) {
    play({answer(200, browsers({"a"}), more(offset))});
    auto pager = client().browsers().list();
    EXPECT_EQ(ids(pager).size(), count) << offset;
  }
  play({answer(200, "[]", more("7"))});
  auto pager = client().browsers().list();
  EXPECT_TRUE(ids(pager).empty());
}

TEST(Pager, is_of_use_without_a_server) {
  Pager<int> pager([](std::optional<std::int64_t> offset) -> Result<Pager<int>::Page> {
    const auto at = offset.value_or(0);
    if (at == 2) return Error{.kind = ErrorKind::timed_out, .code = "timed_out"};
    return Pager<int>::Page{.items = {static_cast<int>(at)}, .has_more = true, .next_offset = at + 1};
  });
  std::vector<std::string> read;
  for (auto& item : pager)
    read.push_back(item.result() ? std::to_string(item.value()) : item.result().error().code);
  EXPECT_EQ(read, (std::vector<std::string>{"0", "1", "timed_out"}));
}

}  // namespace
}  // namespace wye
