#pragma once

#include <string>

#include "control/store/postgres/connection.h"
#include "testing/private_postgres.h"

namespace wye::control::postgres::testing {

/// The one server that a test program starts; each test has its own database there.
[[nodiscard]] wye::testing::PrivatePostgres& shared_server();
/// Makes a new, empty database on it and returns its URL.
[[nodiscard]] std::string make_database();
/// Runs SQL that only an administrator may run.
void run_sql(const std::string& url, const std::string& sql);

}  // namespace wye::control::postgres::testing
