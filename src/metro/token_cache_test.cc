#include "metro/token_cache.h"

#include <gtest/gtest.h>

#include <set>

namespace wye::metro {
namespace {

struct TokenCacheTest : testing::Test {
  std::string token(int session) {
    TokenClaims claims;
    claims.session_id = "s" + std::to_string(session);
    claims.exp = 2'000'000'000;
    return verifier.sign(claims);
  }
  const TokenVerifier verifier{"secret"};
  std::set<std::string, std::less<>> live;
  TokenCache cache{verifier, [this](std::string_view id) { return live.count(id) > 0; }};
};

TEST_F(TokenCacheTest, a_token_is_checked_once) {
  live = {"s1"};
  const auto first = cache.verify(token(1));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->session_id, "s1");
  EXPECT_EQ(cache.verify(token(1)), first);
}

TEST_F(TokenCacheTest, what_is_no_token_takes_no_room) {
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(cache.verify(token(i) + "x"));
  EXPECT_EQ(cache.size(), 0u);
}

TEST_F(TokenCacheTest, what_is_held_follows_the_sessions_that_live) {
  for (int i = 0; i < 10'000; ++i) {
    live = {"s" + std::to_string(i), "s0"};
    ASSERT_TRUE(cache.verify(token(i)));
    ASSERT_LE(cache.size(), TokenCache::kFirstSweep);
  }
  const auto of_the_first = cache.verify(token(0));
  for (int i = 10'000; i < 10'000 + 2 * static_cast<int>(TokenCache::kFirstSweep); ++i)
    ASSERT_TRUE(cache.verify(token(i)));
  EXPECT_EQ(cache.verify(token(0)), of_the_first) << "a session that lives lost its token";
}

TEST_F(TokenCacheTest, many_sessions_at_once_are_held_up_to_the_bound) {
  for (int i = 0; i < 10'000; ++i) live.insert("s" + std::to_string(i));
  for (int i = 0; i < 4000; ++i) ASSERT_TRUE(cache.verify(token(i)));
  EXPECT_EQ(cache.size(), 4000u) << "sweeps let nobody go who lives";
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(cache.verify(token(i)));
    ASSERT_LE(cache.size(), TokenCache::kMost);
  }
}

}  // namespace
}  // namespace wye::metro
