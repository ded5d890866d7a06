#pragma once

#include <string>
#include <utility>
#include <vector>

#include "wye/result.h"

namespace wye::control::postgres {

/// A database's address, and the user: a URL as libpq reads it, which may hold a password.
class DatabaseAddress {
 public:
  /// Parses `postgres://USER@HOST/DATABASE?OPTION=…`. The error quotes nothing of the text.
  [[nodiscard]] static Result<DatabaseAddress> parse(const std::string& url);

  /// Host, port and database for people and logs, without user and password.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool has_password() const { return has_password_; }
  /// Another database on the same server. PostgreSQL names are case-sensitive.
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
