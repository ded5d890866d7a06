#include "net/ws_inflate.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace wye::net {
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

TEST(WsInflater, each_message_is_read_by_itself) {
  WsInflater inflater(1000);
  for (const auto* text : {"one", "two and two and two", ""}) {
    const auto read = inflater.inflate(compressed(text));
    EXPECT_EQ(read.text, text);
    EXPECT_FALSE(read.full);
  }
}

TEST(WsInflater, a_message_that_is_too_long_is_read_up_to_the_limit) {
  WsInflater inflater(1000);
  const auto read = inflater.inflate(compressed(std::string(1'000'000, 'x')));
  EXPECT_EQ(read.text, std::string(1000, 'x'));
  EXPECT_TRUE(read.full);
}

TEST(WsInflater, of_what_is_cut_or_damaged_the_beginning_is_read) {
  WsInflater inflater(1000);
  const std::string text = "a b c d e f g h i j k l m n o p";
  const auto whole = compressed(text);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = inflater.inflate(std::string_view(whole).substr(0, size));
    EXPECT_TRUE(text.starts_with(read.text.substr(0, 1))) << size;
  }
  EXPECT_EQ(inflater.inflate("\xff\xff\xff").text, "");
  EXPECT_EQ(inflater.inflate(whole).text, text) << "nothing stays behind";
}

}  // namespace
}  // namespace wye::net
