// Who sent a request: what the store says, remembered no longer than allowed, and asked off the event loop.
#include "control/api/authentication.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>

#include "control/api/api_routes.h"
#include "control/api/testing/resource_server.h"
#include "control/store/sqlite_store.h"
#include "testing/fake_clock.h"
#include "testing/scratch_dir.h"

namespace wye::control {
namespace {

using net::testing::RawConnection;

/// A real store of keys whose answers a test can delay: they are read before they are held.
class HeldKeys final : public KeyStore {
 public:
  explicit HeldKeys(KeyStore& keys) : keys_(keys) {}
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  /// Waits until `count` lookups are held.
  void await_held(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ == count; });
  }
  [[nodiscard]] int lookups() const { return lookups_; }

  Result<std::optional<ApiKey>> by_hash(const std::string& hash) override {
    ++lookups_;
    auto found = keys_.by_hash(hash);
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held_; });
    --waiting_;
    return found;
  }
  Result<void> add(const ApiKey& key, const std::string& hash) override { return keys_.add(key, hash); }
  Result<bool> add_first(const ApiKey& key, const std::string& hash) override {
    return keys_.add_first(key, hash);
  }
  Result<std::optional<ApiKey>> by_id(const std::string& id) override { return keys_.by_id(id); }
  Result<std::vector<ApiKey>> list(const KeyFilter& filter) override { return keys_.list(filter); }
  Result<bool> rename(const std::string& id, const std::string& name) override {
    return keys_.rename(id, name);
  }
  Result<bool> remove(const std::string& id, std::int64_t at) override { return keys_.remove(id, at); }
  Result<bool> replace(const std::string& id, std::int64_t at, const ApiKey& key,
                       const std::string& hash) override {
    return keys_.replace(id, at, key, hash);
  }
  Result<std::int64_t> count() override { return keys_.count(); }

 private:
  KeyStore& keys_;
  std::atomic<int> lookups_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  int waiting_ = 0;
};

/// `GET /who` answers with the id of the caller's key.
class Who final : public Resource {
 public:
  void add_routes(ApiRoutes& api) override {
    api.add("GET", "/who", [](const ApiRequest& request) -> Result<net::Response> {
      return net::Response{200, {}, request.key_id};
    });
  }
};

class AuthenticationTest : public ::testing::Test {
 protected:
  AuthenticationTest() {
    server_.api().add(std::make_unique<Who>());
    server_.start();
  }
  ~AuthenticationTest() override { held_.release(); }

  NewKey key(const std::string& name) { return keys_.create(name, 0, "").value(); }
  int status(const std::string& key) const { return server_.call(key, "GET", "/who").status; }
  RawConnection begin(const std::string& key) const {
    auto client = server_.connect();
    EXPECT_TRUE(client.send(testing::ResourceServer::request(key, "GET", "/who")));
    return client;
  }

  wye::testing::ScratchDir scratch_;
  wye::testing::FakeClock clock_;
  SystemRandom random_;
  std::unique_ptr<Store> store_ = open_sqlite_store(scratch_.file("wye.db")).value();
  HeldKeys held_{store_->keys()};
  ApiKeys keys_{held_, clock_, random_};
  testing::ResourceServer server_{keys_, random_, clock_};
};

TEST_F(AuthenticationTest, a_key_comes_as_a_bearer_token_in_any_case) {
  const auto good = key("good");
  const auto with = [this](const std::string& value) {
    auto client = server_.connect();
    EXPECT_TRUE(client.send("GET /who HTTP/1.1\r\nHost: a\r\nAuthorization: " + value + "\r\n\r\n"));
    return client.read_answer();
  };
  EXPECT_EQ(with("Bearer " + good.key).body, good.record.id);
  EXPECT_EQ(with("bEaReR " + good.key).body, good.record.id);
  for (const auto& value : {good.key, "Basic " + good.key, std::string("Bearer "), std::string("Bearer"),
                            std::string(), "Bearer  " + good.key, "Bearer " + good.key + "x"})
    EXPECT_EQ(with(value).status, 401) << value;
}

TEST_F(AuthenticationTest, the_store_is_asked_once_for_as_long_as_a_key_is_trusted) {
  const auto good = key("good");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(status(good.key), 200);
  EXPECT_EQ(held_.lookups(), 1);
  clock_.advance(Authentication::kTrustedFor);
  EXPECT_EQ(status(good.key), 200);
  EXPECT_EQ(held_.lookups(), 2);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status("sk_unknown"), 401);
  EXPECT_EQ(held_.lookups(), 5) << "a key may be made at any moment";
}

TEST_F(AuthenticationTest, requests_that_come_together_ask_once) {
  const auto good = key("good");
  held_.hold();
  std::vector<RawConnection> clients;
  clients.push_back(begin(good.key));
  held_.await_held(1);
  for (int i = 0; i < 20; ++i) clients.push_back(begin(good.key));
  held_.release();
  for (auto& client : clients) EXPECT_EQ(client.read_answer().body, good.record.id);
  EXPECT_EQ(held_.lookups(), 1);
}

TEST_F(AuthenticationTest, a_revocation_by_this_process_is_seen_at_once) {
  const auto good = key("good"), other = key("other");
  ASSERT_EQ(status(good.key), 200);
  ASSERT_TRUE(keys_.revoke(good.record.id));
  EXPECT_EQ(status(good.key), 401);
  ASSERT_EQ(status(other.key), 200);
  ASSERT_TRUE(keys_.rotate(other.record.id, 0, {}, ""));
  EXPECT_EQ(status(other.key), 401) << "a rotation without grace ends it";
}

TEST_F(AuthenticationTest, a_request_behind_a_revocation_does_not_join_an_older_lookup) {
  const auto good = key("good");
  held_.hold();
  auto before = begin(good.key);
  held_.await_held(1);
  ASSERT_TRUE(keys_.revoke(good.record.id));
  auto behind = begin(good.key);
  held_.await_held(2);
  held_.release();
  EXPECT_EQ(before.read_answer().status, 200) << "it came before";
  EXPECT_EQ(behind.read_answer().status, 401);
  EXPECT_EQ(status(good.key), 401) << "and what the first one read is not trusted";
}

TEST_F(AuthenticationTest, a_revocation_by_another_process_is_seen_within_the_bound) {
  const auto good = key("good");
  ASSERT_EQ(status(good.key), 200);
  const auto elsewhere = open_sqlite_store(scratch_.file("wye.db")).value();
  ASSERT_TRUE(ApiKeys(elsewhere->keys(), clock_, random_).revoke(good.record.id));
  EXPECT_EQ(status(good.key), 200);
  clock_.advance(Authentication::kTrustedFor);
  EXPECT_EQ(status(good.key), 401);
}

TEST_F(AuthenticationTest, a_key_that_expires_is_not_trusted_a_moment_longer) {
  const std::string text = "sk_brief";
  const ApiKey brief{
      .id = "brief", .name = "brief", .created_at = 1, .expires_at = clock_.unix_micros() + 500};
  ASSERT_TRUE(store_->keys().add(brief, ApiKeys::hash_of(text)));
  EXPECT_EQ(status(text), 200);
  clock_.advance(std::chrono::microseconds(500));
  EXPECT_EQ(status(text), 401);
}

TEST_F(AuthenticationTest, a_store_that_hangs_holds_up_neither_the_loop_nor_who_is_trusted) {
  const auto trusted = key("trusted");
  ASSERT_EQ(status(trusted.key), 200);
  held_.hold();
  auto stranger = begin("sk_unknown");
  held_.await_held(1);
  EXPECT_EQ(status(trusted.key), 200);
  EXPECT_EQ(server_.call("", "GET", "/healthz").status, 200);
  held_.release();
  EXPECT_EQ(stranger.read_answer().status, 401);
}

TEST_F(AuthenticationTest, strangers_do_not_keep_out_whose_key_was_good) {
  const auto good = key("good");
  ASSERT_EQ(status(good.key), 200);
  clock_.advance(Authentication::kTrustedFor);
  held_.hold();
  std::vector<RawConnection> strangers;
  for (int i = 0; i < 2; ++i) strangers.push_back(begin("sk_" + std::to_string(i)));
  held_.await_held(2);
  // More than there are places: the last ones are turned away while the store still hangs.
  for (int i = 0; i < 300; ++i) strangers.push_back(begin("sk_more_" + std::to_string(i)));
  EXPECT_EQ(strangers.back().read_answer().status, 503);
  auto known = begin(good.key);
  held_.release();
  EXPECT_EQ(known.read_answer().body, good.record.id);
}

}  // namespace
}  // namespace wye::control
