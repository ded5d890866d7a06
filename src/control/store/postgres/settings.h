#pragma once

#include "control/store/lease_store.h"
#include "control/store/postgres/database.h"
#include "control/store/setting_store.h"

namespace wye::control::postgres {

class Settings final : public SettingStore {
 public:
  explicit Settings(Database& database) : database_(database) {}
  Result<std::optional<std::string>> setting(const std::string& name) override;
  Result<void> set_setting(const std::string& name, const std::string& value) override;
  Result<std::string> setting_once(const std::string& name, const std::string& candidate) override;

 private:
  Database& database_;
};

/// Leases by the database's clock, which all servers share.
class Leases final : public LeaseStore {
 public:
  explicit Leases(Database& database) : database_(database) {}
  Result<bool> take_lease(const std::string& name, const std::string& holder,
                          std::chrono::milliseconds ttl) override;
  Result<void> end_lease(const std::string& name, const std::string& holder) override;

 private:
  Database& database_;
};

}  // namespace wye::control::postgres
