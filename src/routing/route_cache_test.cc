#include "routing/route_cache.h"

#include <gtest/gtest.h>

#include <thread>

#include "testing/fake_clock.h"

namespace wye::routing {
namespace {

using namespace std::chrono_literals;
using wye::testing::FakeClock;

class RouteCacheTest : public ::testing::Test {
 protected:
  void learn(const std::string& id, const std::string& jwt, const std::string& name = "") {
    cache_.learn(route(id, jwt), name, cache_.begin());
  }
  static Route route(const std::string& id, const std::string& jwt) {
    return {.session_id = id, .base_url = "http://m/" + id, .jwt = jwt};
  }
  std::string jwt_of(const std::string& id_or_name) {
    const auto found = cache_.find(id_or_name);
    return found ? found->jwt : "none";
  }

  FakeClock clock_;
  RouteCache cache_{clock_, 3};
};

TEST_F(RouteCacheTest, an_id_is_exact_and_a_name_is_not) {
  learn("s1", "a", "Checkout");
  EXPECT_EQ(jwt_of("s1"), "a");
  EXPECT_EQ(jwt_of("S1"), "none");
  EXPECT_EQ(jwt_of("cHECKOUT"), "a");
}

TEST_F(RouteCacheTest, an_id_wins_over_a_name) {
  learn("s1", "a");
  learn("s2", "b", "s1");
  EXPECT_EQ(jwt_of("s1"), "a");
}

TEST_F(RouteCacheTest, id_and_name_are_forgotten_together) {
  learn("s1", "a", "n");
  cache_.forget(route("s1", "a"));
  EXPECT_EQ(jwt_of("s1"), "none");
  EXPECT_EQ(jwt_of("n"), "none");
  EXPECT_TRUE(cache_.list().empty());
}

TEST_F(RouteCacheTest, a_name_leads_for_sixty_seconds_after_it_was_last_shown) {
  learn("s1", "a", "n");
  clock_.advance(60s);
  EXPECT_EQ(jwt_of("n"), "a");
  clock_.advance(1us);
  EXPECT_EQ(jwt_of("n"), "none");
  EXPECT_EQ(jwt_of("s1"), "a") << "the id still does";
  learn("s1", "a", "n");
  EXPECT_EQ(jwt_of("n"), "a");
}

TEST_F(RouteCacheTest, a_name_shown_on_another_session_leads_there) {
  learn("s1", "a", "n");
  learn("s2", "b", "N");
  EXPECT_EQ(jwt_of("n"), "b");
  cache_.forget(route("s1", "a"));
  EXPECT_EQ(jwt_of("n"), "b") << "the old owner does not take it along";
}

TEST_F(RouteCacheTest, a_name_shown_on_a_session_without_a_route_leads_nowhere) {
  learn("s1", "a", "n");
  cache_.name_moved("N", "s1");
  EXPECT_EQ(jwt_of("n"), "a");
  cache_.name_moved("N", "s9");
  EXPECT_EQ(jwt_of("n"), "none");
  EXPECT_EQ(jwt_of("s1"), "a");
}

TEST_F(RouteCacheTest, a_renamed_session_loses_its_old_name) {
  learn("s1", "a", "old");
  learn("s1", "a", "new");
  EXPECT_EQ(jwt_of("old"), "none");
  EXPECT_EQ(jwt_of("new"), "a");
  learn("s1", "a", "");
  EXPECT_EQ(jwt_of("new"), "none");
}

TEST_F(RouteCacheTest, a_route_ends_at_its_expiry) {
  auto ending = route("s1", "a");
  ending.expires_at = clock_.unix_micros() / 1'000'000 + 10;
  cache_.learn(ending, "n", cache_.begin());
  clock_.advance(9s);
  EXPECT_EQ(jwt_of("s1"), "a");
  clock_.advance(1s);
  EXPECT_EQ(jwt_of("n"), "none");
  EXPECT_TRUE(cache_.list().empty());
}

TEST_F(RouteCacheTest, the_least_recently_used_goes_first) {
  for (const auto* id : {"s1", "s2", "s3"}) learn(id, id, std::string("n") + id);
  (void)cache_.find("s1");
  learn("s4", "s4");
  EXPECT_EQ(jwt_of("s2"), "none");
  EXPECT_EQ(jwt_of("ns2"), "none");
  EXPECT_EQ(cache_.list().size(), 3u);
  EXPECT_EQ(cache_.list().front().session_id, "s4");
}

TEST_F(RouteCacheTest, forgetting_compares) {
  learn("s1", "old");
  learn("s1", "new");
  cache_.forget(route("s1", "old"));
  EXPECT_EQ(jwt_of("s1"), "new");
}

TEST_F(RouteCacheTest, an_answer_begun_before_a_forgetting_does_not_bring_the_jwt_back) {
  const auto begun_before = cache_.begin();
  learn("s1", "a");
  cache_.forget(route("s1", "a"));
  cache_.learn(route("s1", "a"), "n", begun_before);
  EXPECT_EQ(jwt_of("s1"), "none");
  EXPECT_EQ(jwt_of("n"), "none");
  cache_.learn(route("s1", "newer"), "n", begun_before);
  EXPECT_EQ(jwt_of("s1"), "newer") << "only the forgotten JWT";
}

TEST_F(RouteCacheTest, an_answer_begun_after_a_forgetting_does) {
  learn("s1", "a");
  cache_.forget(route("s1", "a"));
  learn("s1", "a");
  EXPECT_EQ(jwt_of("s1"), "a");
}

TEST_F(RouteCacheTest, an_answer_to_an_older_request_does_not_replace_a_newer_route) {
  const auto older = cache_.begin();
  learn("s1", "new");
  cache_.learn(route("s1", "old"), "", older);
  EXPECT_EQ(jwt_of("s1"), "new");
}

TEST_F(RouteCacheTest, what_was_forgotten_is_remembered_within_bounds) {
  const auto begun = cache_.begin();
  for (const auto* jwt : {"a", "b", "c", "d"}) cache_.forget(route("s", jwt));
  cache_.learn(route("s", "d"), "", begun);
  EXPECT_EQ(jwt_of("s"), "none");
  cache_.learn(route("s", "a"), "", begun);
  EXPECT_EQ(jwt_of("s"), "a") << "the oldest of four, where three are kept";
}

TEST_F(RouteCacheTest, a_deleted_session_is_forgotten_whatever_its_route) {
  learn("s1", "a", "n");
  const auto begun = cache_.begin();
  cache_.forget_session("s1");
  cache_.forget_session("s1");
  cache_.learn(route("s1", "a"), "", begun);
  EXPECT_EQ(jwt_of("s1"), "none");
}

TEST_F(RouteCacheTest, knows_what_lies_below_a_route) {
  learn("s1", "a");
  learn("s2", "b");
  EXPECT_TRUE(cache_.is_below_a_route("http://m", "/s1"));
  EXPECT_TRUE(cache_.is_below_a_route("http://m", "/s1/telemetry/events"));
  EXPECT_FALSE(cache_.is_below_a_route("http://m", "/s10"));
  EXPECT_FALSE(cache_.is_below_a_route("http://m", "/"));
  EXPECT_FALSE(cache_.is_below_a_route("http://m2", "/s1"));
  cache_.forget(route("s1", "a"));
  EXPECT_FALSE(cache_.is_below_a_route("http://m", "/s1"));
  cache_.learn({.session_id = "s3", .base_url = "http://whole", .jwt = "c"}, "", cache_.begin());
  EXPECT_TRUE(cache_.is_below_a_route("http://whole", "/any"));
  cache_.learn({.session_id = "s3", .base_url = "http://moved", .jwt = "c"}, "", cache_.begin());
  EXPECT_FALSE(cache_.is_below_a_route("http://whole", "/any"));
}

TEST_F(RouteCacheTest, is_safe_from_many_threads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int j = 0; j < 500; ++j) {
        const auto id = "s" + std::to_string((i + j) % 5);
        learn(id, "t" + std::to_string(j), "n" + std::to_string(j % 3));
        (void)cache_.find(id);
        (void)cache_.find("n1");
        (void)cache_.list();
        cache_.forget(route(id, "t" + std::to_string(j)));
        (void)cache_.is_below_a_route("http://m", "/" + id);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_LE(cache_.list().size(), 3u);
}

}  // namespace
}  // namespace wye::routing
