#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sdk/client_core.h"
#include "sdk/testing/fixed_random.h"
#include "testing/fake_clock.h"
#include "testing/scripted_peer.h"

namespace wye::testing {

/// A pause that takes no time: it moves the clock and notes its length. Thread-safe.
class NotedPause final : public sdk::Pause {
 public:
  explicit NotedPause(FakeClock& clock) : clock_(clock) {}
  Result<void> wait(std::chrono::milliseconds time, const std::stop_token& stop) override {
    const std::lock_guard lock(mutex_);
    waits_.push_back(time.count());
    if (on_wait) on_wait();
    if (stop.stop_requested())
      return Error{.kind = ErrorKind::cancelled, .code = "cancelled", .message = "the caller asked to stop"};
    clock_.advance(time);
    return {};
  }
  /// Returns the pauses so far, in milliseconds.
  [[nodiscard]] std::vector<std::int64_t> waits() const {
    const std::lock_guard lock(mutex_);
    return waits_;
  }
  std::function<void()> on_wait;  ///< Set it before the first wait.

 private:
  FakeClock& clock_;
  mutable std::mutex mutex_;
  std::vector<std::int64_t> waits_;
};

/// Runs a client with the test's time and randomness against a server that plays a script.
class SdkTest : public ::testing::Test {
 protected:
  static constexpr const char* kKey = "sk_of_this_test";

  Client client() {
    if (!core_)
      core_ = std::make_shared<ClientCore>(
          options_, ClientWorld{.clock = clock_, .random = random_, .pause = pause_, .environment = [](auto) {
                                  return static_cast<const char*>(nullptr);
                                }});
    return Client(core_);
  }
  /// Returns how many requests the server has seen.
  [[nodiscard]] std::size_t asked() const { return server_.count(); }

  // Shared with the client, which may outlive the test's own pointer.
  std::shared_ptr<FakeClock> clock_ = std::make_shared<FakeClock>();
  std::shared_ptr<FixedRandom> random_ = std::make_shared<FixedRandom>(0);
  std::shared_ptr<NotedPause> pause_ = std::make_shared<NotedPause>(*clock_);
  ChangingScript script_ = [](const SeenRequest&) { return answer(200, "{}"); };
  ScriptedPeer server_{[this](const auto& request) { return script_(request); }};
  ClientOptions options_{.api_key = kKey, .base_url = server_.origin(), .log = "off"};
  std::shared_ptr<ClientCore> core_;  // shared with the clients made of it
};

}  // namespace wye::testing
