#include "vm/curl/redirect_trail.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace wye::vm {
namespace {

struct Hop {
  const char *url, *method;
};

// Returns which of the caller's fields reach the last hop, among those that the test checks.
std::string survivors(std::initializer_list<Hop> hops) {
  RedirectTrail trail;
  for (const auto& hop : hops) trail.on_hop(hop.url, hop.method);
  std::string out;
  for (const char* name : {"authorization", "cookie", "content-type", "content-language", "content-encoding",
                           "content-location", "content-disposition", "x-mine"})
    if (trail.keeps(name)) out += std::string(out.empty() ? "" : " ") + name;
  return out;
}

constexpr const char* kAll =
    "authorization cookie content-type content-language content-encoding content-location "
    "content-disposition x-mine";
constexpr const char* kNoCredentials =
    "content-type content-language content-encoding content-location content-disposition x-mine";
constexpr const char* kNoBody = "authorization cookie content-disposition x-mine";

TEST(RedirectTrail, the_fetch_standards_table) {
  EXPECT_EQ(survivors({{"http://a/", "POST"}}), kAll);
  EXPECT_EQ(survivors({{"http://a/", "POST"}, {"http://a/2", "POST"}}), kAll) << "307, 308";
  EXPECT_EQ(survivors({{"http://a/", "POST"}, {"http://a/2", "GET"}}), kNoBody) << "301, 302, 303";
  EXPECT_EQ(survivors({{"http://a/", "PUT"}, {"http://a/2", "GET"}}), kNoBody) << "303";
  EXPECT_EQ(survivors({{"http://a/", "GET"}, {"http://a/2", "GET"}}), kAll);
  EXPECT_EQ(survivors({{"http://a/", "HEAD"}, {"http://a/2", "HEAD"}}), kAll);
  EXPECT_EQ(survivors({{"http://a/", "POST"}, {"http://a/2", "GET"}, {"http://a/3", "GET"}}), kNoBody)
      << "for good";
  EXPECT_EQ(survivors({{"http://a/", "POST"}, {"http://b/", "POST"}}), kNoCredentials);
  EXPECT_EQ(survivors({{"http://a/", "POST"}, {"http://b/", "POST"}, {"http://a/", "POST"}}), kNoCredentials)
      << "coming back does not restore them";
  EXPECT_EQ(survivors({{"http://a/", "POST"}, {"http://b/", "GET"}}), "content-disposition x-mine");
}

TEST(RedirectTrail, origins_compare_as_parsed) {
  for (const auto* same : {"http://a/x", "http://a:80/", "HTTP://A/", "http://a:/", "http://u:p@a/",
                           "http://a", "http://a?q", "http://a#f", "http://@a:80"})
    EXPECT_EQ(origin_of(same), "http://a") << same;
  for (const auto* same : {"https://a:443/", "https://a/"}) EXPECT_EQ(origin_of(same), "https://a");
  EXPECT_EQ(origin_of("http://[::1]:80/x"), "http://[::1]");
  EXPECT_EQ(origin_of("http://[::1]:8080/x"), "http://[::1]:8080");
  for (const auto* other : {"https://a/", "http://a:443/", "http://a:8080/", "http://a./", "http://b/",
                            "http://a.b/", "http://b@c/", "http://a:800/"})
    EXPECT_NE(origin_of(other), "http://a") << other;
}

TEST(RedirectTrail, a_hop_is_chromiums_fields_overlaid_by_the_callers) {
  RedirectTrail trail;
  trail.on_hop("http://a/", "POST");
  const net::Headers callers{{"accept", "mine"}, {"Authorization", "Basic x"}, {"Content-Type", "a/b"}};
  const net::Headers chromiums{
      {"Accept", "*/*"}, {"Origin", "chrome-extension://x"}, {"Referer", "r"}, {"User-Agent", "u"}};
  const auto first = headers_of_hop(chromiums, callers, trail);
  EXPECT_EQ(first.get("Accept"), "mine");
  EXPECT_EQ(first.get("User-Agent"), "u");
  EXPECT_EQ(first.get("Authorization"), "Basic x");
  EXPECT_EQ(first.get("Content-Type"), "a/b");
  EXPECT_FALSE(first.has("Origin"));
  EXPECT_FALSE(first.has("Referer"));
  EXPECT_EQ(first.size(), 4u);
  // Chromium reports the fields of the previous hop as its own.
  trail.on_hop("http://b/", "GET");
  const auto second = headers_of_hop(first, callers, trail);
  EXPECT_EQ(second.size(), 2u);
  EXPECT_EQ(second.get("Accept"), "mine");
  EXPECT_EQ(second.get("User-Agent"), "u");
}

}  // namespace
}  // namespace wye::vm
