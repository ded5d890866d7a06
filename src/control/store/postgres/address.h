#pragma once

#include <string>
#include <utility>
#include <vector>

#include "wye/result.h"

namespace wye::control::postgres {

/// Where a database is and who asks: a URL as libpq reads it, which may hold a password.
class DatabaseAddress {
 public:
  /// `postgres://USER@HOST/DATABASE?OPTION=…`. The error quotes nothing of the text.
  [[nodiscard]] static Result<DatabaseAddress> parse(const std::string& url);

  /// For people and logs: host, port and database, without user and password.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool has_password() const { return has_password_; }
  /// The same database on the same server. PostgreSQL names are case-sensitive.
  [[nodiscard]] DatabaseAddress with_database(const std::string& name) const;

  using Parameter = std::pair<std::string, std::string>;
  /// For PQconnectStartParams.
  [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }

 private:
  [[nodiscard]] std::string value_of(const std::string& name) const;
  std::vector<Parameter> parameters_;
  bool has_password_ = false;
};

}  // namespace wye::control::postgres
