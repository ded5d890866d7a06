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
  run_sql(shared_server().url(), "CREATE DATABASE " + name);
  return "postgres://wye@/" + name + "?host=" + shared_server().directory();
}

void run_sql(const std::string& url, const std::string& sql) {
  auto connection = Connection::open(DatabaseAddress::parse(url).value(), {}).value();
  connection.set_patience(std::chrono::seconds(30));
  (void)connection.script(sql.c_str()).value();
}

}  // namespace wye::control::postgres::testing
