#include "vm/curl/request_headers.h"

#include <gtest/gtest.h>

namespace wye::vm {
namespace {

TEST(TargetUrl, what_cannot_be_one_is_refused_at_once) {
  for (const auto* fine :
       {"http://a/", "HTTPS://a", "http://[::1]/", "http://ä/ö", "http://a?x", "http://a/#f"})
    EXPECT_TRUE(check_target_url(fine)) << fine;
  for (const std::string bad : {"",
                                "a",
                                "/a",
                                "//a/",
                                "http:",
                                "http:/a",
                                "http://",
                                "http:///x",
                                "http://?",
                                "http://#",
                                "http://a b/",
                                "http://a/\x01",
                                "http://a/\x7f",
                                "http://a\\b",
                                "ftp://a/",
                                "file:///a",
                                "javascript:1",
                                "data:,x",
                                "view-source:http://a/",
                                "chrome://version",
                                "http://u@a/",
                                "http://u:p@a/",
                                "http://a/\xe9"})
    EXPECT_FALSE(check_target_url(bad)) << bad;
  EXPECT_FALSE(check_target_url("http://a/" + std::string(33'000, 'x')));
}

TEST(AnswersHead, a_body_is_decoded_when_chromium_knows_all_its_codings) {
  const auto decoded = [](const char* value) { return was_decoded({{"Content-Encoding", value}}); };
  for (const auto* known : {"gzip", "GZIP", "x-gzip", "br", "zstd", "deflate", "gzip, br", " gzip ,"})
    EXPECT_TRUE(decoded(known)) << known;
  for (const auto* unknown : {"", "odd", "gzip, odd", "identity", ","})
    EXPECT_FALSE(decoded(unknown)) << unknown;
  EXPECT_FALSE(was_decoded({}));
  const auto passed =
      headers_for_caller({{"Content-Encoding", "odd"}, {"Content-Length", "2"}, {"Upgrade", "x"}});
  EXPECT_EQ(passed.size(), 2u);
  EXPECT_TRUE(headers_for_caller({{"Content-Encoding", "gzip"}, {"Content-Length", "2"}}).empty());
}

}  // namespace
}  // namespace wye::vm
