#pragma once

#include "control/store/export_store.h"
#include "control/store/postgres/database.h"

namespace wye::control::postgres {

class Exports final : public ExportStore {
 public:
  explicit Exports(Database& database) : database_(database) {}
  Result<void> add(const Destination& destination) override;
  Result<bool> update(const Destination& destination) override;
  Result<Removal> remove(const std::string& id) override;
  Result<std::optional<Destination>> by_id(const std::string& id) override;
  Result<std::optional<Destination>> by_name(const std::string& name) override;
  Result<std::vector<Destination>> list(const DestinationFilter& filter) override;
  Result<std::int64_t> count() override;
  Result<bool> assign(const std::string& session, const std::string& destination) override;
  Result<std::vector<std::string>> destinations_behind() override;
  Result<std::vector<BehindSession>> behind(const std::string& destination, const std::string& after,
                                            std::int64_t limit) override;
  Result<void> advance(const std::string& destination, const std::vector<ExportMark>& marks) override;
  Result<std::int64_t> backlog(const std::string& destination) override;

 private:
  Result<std::optional<Destination>> one(const std::string& where, const std::string& value);
  Database& database_;
};

}  // namespace wye::control::postgres
