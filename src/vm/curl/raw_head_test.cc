#include "vm/curl/raw_head.h"

#include <gtest/gtest.h>

namespace wye::vm {
namespace {

std::string why_not(const CurlHead& head) {
  const auto made = raw_head(head);
  if (made) return "passes";
  EXPECT_EQ(made.error().code, "upstream_transport");
  EXPECT_EQ(made.error().status, 502);
  return made.error().message;
}

TEST(RawHead, a_status_that_http_does_not_allow_is_named) {
  for (const int status : {100, 200, 404, 599}) EXPECT_EQ(why_not({.status = status}), "passes");
  for (const int status : {-1, 0, 99, 600, 999, 1000})
    EXPECT_NE(why_not({.status = status}).find("status " + std::to_string(status)), std::string::npos);
}

TEST(RawHead, more_than_a_head_may_hold_is_named) {
  CurlHead many{.status = 200};
  for (int i = 0; i < 117; ++i) many.headers.add("x-" + std::to_string(i), "v");
  EXPECT_EQ(why_not(many), "passes") << "with the three of ours these are 120";
  many.headers.add("x-more", "v");
  EXPECT_NE(why_not(many).find("121 header fields"), std::string::npos) << why_not(many);
  CurlHead large{.status = 200, .headers = {{"x", std::string(32'000, 'y')}}};
  EXPECT_EQ(why_not(large), "passes");
  large.headers.set("x", std::string(33'000, 'y'));
  EXPECT_NE(why_not(large).find("a head of 33"), std::string::npos) << why_not(large);
}

TEST(RawHead, what_is_left_out_is_said) {
  const auto head =
      raw_head({.status = 200,
                .headers = {{"X-Ctl", "a\x01"}, {"Host", "a b"}, {"X-Fine", "caf\xe9"}, {"X-Del", "\x7f"}},
                .final_url = "http://a/" + std::string(9000, 'x')})
          .value();
  EXPECT_FALSE(head.has("X-Ctl"));
  EXPECT_EQ(head.get("X-Fine"), "caf\xe9");
  EXPECT_EQ(head.get("X-Wye-Left-Out"), "X-Ctl, Host, X-Del, X-Wye-Final-Url");
  EXPECT_FALSE(raw_head({.status = 200}).value().has("X-Wye-Left-Out"));
}

TEST(RawHead, a_length_is_passed_on_only_when_it_is_true) {
  const auto length = [](net::Headers headers, int status = 200) {
    return std::string(
        raw_head({.status = status, .headers = std::move(headers)}).value().get("Content-Length"));
  };
  EXPECT_EQ(length({{"Content-Length", "2"}}), "2");
  EXPECT_EQ(length({{"Content-Length", "2"}, {"content-length", "2"}}), "2");
  EXPECT_EQ(length({{"Content-Length", "2"}, {"content-length", "3"}}), "");
  for (const auto* lie : {"+2", "abc", "", "2, 2", "-1", "9999999999999999999"})
    EXPECT_EQ(length({{"Content-Length", lie}}), "") << lie;
  EXPECT_EQ(length({{"Content-Length", "2"}, {"Transfer-Encoding", "chunked"}}), "");
  EXPECT_EQ(length({{"Content-Length", "2"}, {"Content-Encoding", "gzip"}}), "");
  EXPECT_EQ(length({{"Content-Length", "2"}, {"Content-Encoding", "odd"}}), "2") << "not decoded";
  EXPECT_EQ(length({{"Content-Length", "2"}}, 205), "");
}

}  // namespace
}  // namespace wye::vm
