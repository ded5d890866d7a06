#include "relay/ending_command.h"

#include <gtest/gtest.h>

#include "testing/deflated.h"

namespace wye::relay {
namespace {

TEST(EndingCommand, is_known_in_clear_and_compressed_and_nothing_else_is) {
  struct Row {
    const char* text;
    bool ends;
  };
  const std::string long_text =
      R"({"id":1,"method":"Browser.close","params":{"x":")" + std::string(2000, 'x') + R"("}})";
  const std::vector<Row> rows{
      {R"({"id":1,"method":"Browser.close"})", true},
      {R"({"method":"Browser.close","params":{},"id":12,"sessionId":"0123456789ABCDEF0123456789ABCDEF"})",
       true},
      {R"( { "id" : 1, "method" : "Browser.crash" } )", true},
      {R"({"id":1,"method":"Browser.closed"})", false},
      {R"({"id":1,"method":"Browser.getVersion"})", false},
      {R"({"id":1,"method":"Runtime.evaluate","params":{"expression":"'Browser.close'"}})", false},
      {R"("Browser.close")", false},
      {R"({"method":"Browser.close")", false},
      {long_text.c_str(), false},
      {"", false},
  };
  EndingCommand command;
  for (int round = 0; round < 2; ++round)
    for (const auto& row : rows) {
      if (row.text != long_text.c_str()) {
        EXPECT_EQ(command.is_in(0x81, row.text), row.ends) << row.text;
      }
      EXPECT_EQ(command.is_in(0xc1, testing::deflated(row.text)), row.ends) << row.text;
    }
  EXPECT_FALSE(command.is_in(0x01, rows[0].text)) << "a part of a message";
  EXPECT_FALSE(command.is_in(0x82, rows[0].text)) << "binary";
  EXPECT_FALSE(command.is_in(0xc1, "no deflate"));
}

}  // namespace
}  // namespace wye::relay
