#include "relay/ending_command.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace wye::relay {
namespace {

// Compresses like permessage-deflate: without the four bytes that end a message.
std::string compressed(std::string_view text) {
  z_stream stream = {};
  EXPECT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_SYNC_FLUSH), Z_OK);
  out.resize(out.size() - stream.avail_out - 4);
  ::deflateEnd(&stream);
  return out;
}

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
      EXPECT_EQ(command.is_in(0xc1, compressed(row.text)), row.ends) << row.text;
    }
  EXPECT_FALSE(command.is_in(0x01, rows[0].text)) << "a part of a message";
  EXPECT_FALSE(command.is_in(0x82, rows[0].text)) << "binary";
  EXPECT_FALSE(command.is_in(0xc1, "no deflate"));
}

}  // namespace
}  // namespace wye::relay
