#pragma once

#include "control/store/postgres/database.h"
#include "control/store/session_store.h"

namespace wye::control::postgres {

class Sessions final : public SessionStore {
 public:
  explicit Sessions(Database& database) : database_(database) {}
  Result<void> insert_session(const Session& session) override;
  Result<Moved> move(const std::string& id, Life from, Life to, const LifeStep& step) override;
  Result<std::optional<Session>> patch_config(const std::string& id, const ConfigPatch& patch) override;
  Result<void> set_telemetry(
      const std::string& id,
      const std::optional<std::map<std::string, TelemetryCategory>>& telemetry) override;
  Result<std::optional<Session>> session(const std::string& id) override;
  Result<std::optional<Session>> session_by_name(const std::string& name) override;
  Result<std::vector<Session>> sessions(const SessionFilter& filter) override;
  Result<std::vector<Session>> sessions_not_gone() override;

 private:
  Database& database_;
};

}  // namespace wye::control::postgres
