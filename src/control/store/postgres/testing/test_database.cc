#include "control/store/postgres/testing/test_database.h"

#include <atomic>

namespace wye::control::postgres::testing {

wye::testing::PrivatePostgres& shared_server() {
  static wye::testing::PrivatePostgres server;
  return server;
}

std::string make_database() {
  static std::atomic<int> made = 0;
  const auto name = "test_" + std::to_string(++made);
  const auto& server = shared_server();
  // Wye needs no more rights than a database's owner.
  if (made == 1) run_sql(server.url(), "CREATE ROLE owner LOGIN");
  run_sql(server.url(), "CREATE DATABASE " + name + " OWNER owner");
  return "postgres://owner@/" + name + "?host=" + server.directory();
}

void run_sql(const std::string& url, const std::string& sql) {
  const Patience patient{.statement = std::chrono::seconds(30)};  // the server's limit, too
  auto connection = Connection::open(DatabaseAddress::parse(url).value(), patient).value();
  (void)connection.script(sql.c_str()).value();
}

}  // namespace wye::control::postgres::testing
