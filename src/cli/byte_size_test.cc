#include "cli/byte_size.h"

#include <gtest/gtest.h>

namespace wye::cli {
namespace {

TEST(ByteSize, takes_both_kinds_of_units) {
  EXPECT_EQ(parse_byte_size("0").value(), 0);
  EXPECT_EQ(parse_byte_size("4096").value(), 4096);
  EXPECT_EQ(parse_byte_size("500MB").value(), 500'000'000);
  EXPECT_EQ(parse_byte_size("20gib").value(), 20LL << 30);
  EXPECT_EQ(parse_byte_size("1TiB").value(), 1LL << 40);
}

TEST(ByteSize, refuses_what_is_none) {
  for (const auto* text : {"", "GB", "-1", "1.5GB", "20 GiB", "20G", "9999999999TB", "0x10", "1GBs"})
    EXPECT_FALSE(parse_byte_size(text)) << text;
}

}  // namespace
}  // namespace wye::cli
