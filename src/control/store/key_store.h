#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wye/result.h"

namespace wye::control {

/// The most revoked keys that stay on record: the newest.
inline constexpr std::int64_t kKeptRevokedKeys = 1000;

/// An API key as it is on record. The key itself is stored nowhere: what a request brings is compared by its
/// SHA-256.
struct ApiKey {
  std::string id;
  std::string name;
  std::string masked;              ///< Enough of the key to recognise it by.
  std::string created_by;          ///< The id of the key that made it; "" = made at the machine.
  std::int64_t created_at = 0;     ///< µs.
  std::int64_t expires_at = 0;     ///< µs; 0 = never.
  std::int64_t deleted_at = 0;     ///< µs; 0 = not revoked.
  std::int64_t lifetime_days = 0;  ///< The lifetime that was asked for; 0 = for ever.
};

struct KeyFilter {
  enum class Sort { created_at, name, expires_at };
  bool active = true, deleted = false;
  std::string
      query;  ///< A case-insensitive substring of the name, or the id or masked key, exact or its beginning.
  std::string name;  ///< The exact name, without regard to case.
  Sort sort = Sort::created_at;
  bool ascending = false;
  std::int64_t limit = 20, offset = 0;
};

/// The record of API keys. Every change survives a power cut: a revoked key does not come back, and one that
/// was shown is not lost. Calls block; thread-safe; other processes may change the record at any time.
class KeyStore {
 public:
  virtual ~KeyStore() = default;

  /// Fails with `conflict` when the key is on record already.
  virtual Result<void> add(const ApiKey& key, const std::string& sha256_hex) = 0;
  /// Adds the key only while no key is on record, in whatever state; returns false when there is one. Of
  /// several servers that start for the first time, one makes the first key.
  virtual Result<bool> add_first(const ApiKey& key, const std::string& sha256_hex) = 0;
  /// Finds a key in whatever state. Waits for no writer.
  [[nodiscard]] virtual Result<std::optional<ApiKey>> by_hash(const std::string& sha256_hex) = 0;
  [[nodiscard]] virtual Result<std::optional<ApiKey>> by_id(const std::string& id) = 0;
  /// Returns one more than `limit` when there are more.
  [[nodiscard]] virtual Result<std::vector<ApiKey>> list(const KeyFilter& filter) = 0;
  /// Returns false when there is no such key or it is deleted; so do `remove` and `replace`.
  virtual Result<bool> rename(const std::string& id, const std::string& name) = 0;
  virtual Result<bool> remove(const std::string& id, std::int64_t deleted_at) = 0;
  /// Makes both changes in one commit: the old key ends at `expires_at` unless it ends before, and the new
  /// one is added.
  virtual Result<bool> replace(const std::string& id, std::int64_t expires_at, const ApiKey& fresh,
                               const std::string& sha256_hex) = 0;
  /// The number of keys that are not deleted.
  [[nodiscard]] virtual Result<std::int64_t> count() = 0;
};

}  // namespace wye::control
