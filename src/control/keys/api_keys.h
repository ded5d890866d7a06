#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "control/store/key_store.h"

namespace wye::control {

inline constexpr std::int64_t kMaxKeys = 1000;          ///< The most keys of one server that are not revoked.
inline constexpr std::int64_t kMaxKeyNameLength = 255;  ///< In characters.
inline constexpr std::int64_t kMaxKeyLifetimeDays = 3650;
inline constexpr std::int64_t kDefaultGraceDays = 7;  ///< How long a rotated key stays good.

/// A key that was just made. It can be shown only now.
struct NewKey {
  ApiKey record;
  std::string key;
};

/// The life of API keys: several, named, expiring, revocable (wire-api §14). Calls block; thread-safe.
/// Errors are the API's.
class ApiKeys {
 public:
  /// The arguments must outlive it.
  ApiKeys(KeyStore& store, const Clock& clock, Random& random)
      : store_(store), clock_(clock), random_(random) {}

  /// Makes a key. `lifetime_days` 0 = for ever. `created_by`: see `ApiKey`.
  Result<NewKey> create(const std::string& name, std::int64_t lifetime_days, const std::string& created_by);
  /// Makes the first key, which never expires; nothing when there is a key on record, in any state.
  Result<std::optional<NewKey>> create_first(const std::string& name);
  /// Makes a new key of the same name; the old one ends `grace_days` from now. Without `lifetime_days` it has
  /// the old one's.
  Result<NewKey> rotate(const std::string& id, std::int64_t grace_days,
                        std::optional<std::int64_t> lifetime_days, const std::string& created_by);
  Result<void> rename(const std::string& id, const std::string& name);
  Result<void> revoke(const std::string& id);
  [[nodiscard]] Result<std::optional<ApiKey>> find(const std::string& id) { return store_.by_id(id); }
  [[nodiscard]] Result<std::vector<ApiKey>> list(const KeyFilter& filter) { return store_.list(filter); }
  [[nodiscard]] Result<std::int64_t> count() { return store_.count(); }

  /// Returns the hash that stands for a key in the store.
  [[nodiscard]] static std::string hash_of(std::string_view key);
  /// Returns the record of a key that may come in now: neither revoked nor expired.
  [[nodiscard]] Result<std::optional<ApiKey>> accept(std::string_view key) {
    return accept_hash(hash_of(key));
  }
  [[nodiscard]] Result<std::optional<ApiKey>> accept_hash(const std::string& hash);
  /// Returns another number whenever this process may have revoked a key or changed when one ends. A record
  /// that was read before must not be relied on then.
  [[nodiscard]] std::uint64_t revision() const { return revision_.load(); }
  /// Returns whether there is such a key, revoked and expired ones included.
  [[nodiscard]] Result<bool> is_on_record(std::string_view key);
  /// Puts a key of the operator's own on record. Returns false when it is there, but revoked or expired: it
  /// stays so.
  Result<bool> admit(const std::string& key, const std::string& name);

 private:
  Result<NewKey> fresh(const std::string& name, std::int64_t lifetime_days, const std::string& created_by);
  [[nodiscard]] bool usable(const ApiKey& key) const;

  KeyStore& store_;
  const Clock& clock_;
  Random& random_;
  std::atomic<std::uint64_t> revision_ = 0;
};

}  // namespace wye::control
