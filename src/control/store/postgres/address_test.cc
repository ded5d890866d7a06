#include "control/store/postgres/address.h"

#include <gtest/gtest.h>

namespace wye::control::postgres {
namespace {

TEST(DatabaseAddress, says_where_it_is_and_not_who_asks) {
  const auto address =
      DatabaseAddress::parse("postgres://me:s3cr%40t@db.example:6543/wye?sslmode=require").value();
  EXPECT_EQ(address.text(), "postgres://db.example:6543/wye");
  EXPECT_TRUE(address.has_password());
  EXPECT_EQ(DatabaseAddress::parse("postgresql://me@/wye?host=/run/db").value().text(),
            "postgres:///run/db/wye");
  EXPECT_FALSE(DatabaseAddress::parse("postgres://me@db/wye").value().has_password());
}

TEST(DatabaseAddress, asks_for_a_server_that_takes_writes_whatever_the_url_says) {
  const auto address = DatabaseAddress::parse("postgres://me@db/wye?target_session_attrs=any").value();
  int found = 0;
  for (const auto& [name, value] : address.parameters())
    if (name == "target_session_attrs") {
      ++found;
      EXPECT_EQ(value, "read-write");
    }
  EXPECT_EQ(found, 1);
}

TEST(DatabaseAddress, what_is_no_address_is_refused_and_not_quoted) {
  for (const auto* text :
       {"", "wye.db", "host=db password=s3cret", "mysql://me:s3cret@db/wye", "postgres://me:s3cret%zz@db/wye",
        "postgres://me:s3cret@db:port/wye?nonsense=1", "postgres://me:s3cret@[::1/wye"}) {
    const auto parsed = DatabaseAddress::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::invalid) << text;
    EXPECT_EQ(parsed.error().message.find("s3cret"), std::string::npos) << parsed.error().message;
  }
  EXPECT_FALSE(DatabaseAddress::parse(std::string("postgres://me@db/wye\0x", 22)));
}

}  // namespace
}  // namespace wye::control::postgres
