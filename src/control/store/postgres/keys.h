#pragma once

#include "control/store/key_store.h"
#include "control/store/postgres/database.h"

namespace wye::control::postgres {

class Keys final : public KeyStore {
 public:
  explicit Keys(Database& database) : database_(database) {}
  Result<void> add(const ApiKey& key, const std::string& sha256_hex) override;
  Result<bool> add_first(const ApiKey& key, const std::string& sha256_hex) override;
  Result<std::optional<ApiKey>> by_hash(const std::string& sha256_hex) override;
  Result<std::optional<ApiKey>> by_id(const std::string& id) override;
  Result<std::vector<ApiKey>> list(const KeyFilter& filter) override;
  Result<bool> rename(const std::string& id, const std::string& name) override;
  Result<bool> remove(const std::string& id, std::int64_t deleted_at) override;
  Result<bool> replace(const std::string& id, std::int64_t expires_at, const ApiKey& fresh,
                       const std::string& sha256_hex) override;
  Result<std::int64_t> count() override;

 private:
  Database& database_;
};

}  // namespace wye::control::postgres
