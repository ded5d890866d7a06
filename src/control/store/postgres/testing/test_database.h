#pragma once

#include <string>

#include "control/store/postgres/connection.h"
#include "testing/private_postgres.h"

namespace wye::control::postgres::testing {

/// The one server that a test program starts; each test has a database of its own there.
[[nodiscard]] wye::testing::PrivatePostgres& shared_server();
/// The URL of a new, empty database on it.
[[nodiscard]] std::string make_database();
/// Runs what only an administrator would.
void run_sql(const std::string& url, const std::string& sql);

}  // namespace wye::control::postgres::testing
