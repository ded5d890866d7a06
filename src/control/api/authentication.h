#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "control/api/turn_queue.h"
#include "control/api/workers.h"
#include "control/keys/api_keys.h"

namespace wye::control {

/// Finds out who sent a request. The store is asked on a thread of its own, never on the event loop, and a
/// key that it knows is trusted for `kTrustedFor`: for that long, a key that another process has revoked may
/// still be used. What this process revokes or rotates ends all trust at once (`ApiKeys::revision`), and a
/// key's own expiry is checked each time. One io_context, which is destroyed before the authentication is.
class Authentication {
 public:
  static constexpr std::chrono::milliseconds kTrustedFor{1'000};

  /// The arguments must outlive the authentication.
  Authentication(boost::asio::io_context& io, ApiKeys& keys, const Clock& clock, const Log& log);

  /// Returns the id of the key in the value of an `Authorization` field. Fails with `unauthorized` when the
  /// key may not come in, and with the store's error when that cannot be told.
  net::Task<Result<std::string>> key_of(std::string_view authorization);

  [[nodiscard]] const TurnQueue& queue() const { return queue_; }
  /// See Turns.
  void close() { queue_.close(); }
  void stop() { workers_.stop(); }

 private:
  struct Trusted {
    std::string key_id;
    std::int64_t expires_at = 0;
    std::uint64_t revision = 0;
    std::chrono::steady_clock::time_point until;
  };
  struct Lookup;

  [[nodiscard]] const Trusted* trusted(const std::string& hash) const;
  net::Task<> look_up(std::shared_ptr<Lookup> lookup);
  void trust(const std::string& hash, Trusted trusted);

  boost::asio::io_context& io_;
  ApiKeys& keys_;
  const Clock& clock_;
  TurnQueue queue_;
  Workers workers_;
  std::map<std::string, Trusted> trusted_;                    // by the key's hash; keys that were good once
  std::map<std::string, std::shared_ptr<Lookup>> under_way_;  // one for all requests with the same key
};

}  // namespace wye::control
