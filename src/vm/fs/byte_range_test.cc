#include "vm/fs/byte_range.h"

#include <gtest/gtest.h>

namespace wye::vm {
namespace {

using Kind = RangeAsked::Kind;

struct Row {
  const char* field;
  std::uint64_t size;
  RangeAsked asked;
};
RangeAsked part(std::uint64_t first, std::uint64_t length) {
  return {.kind = Kind::part, .part = {first, length}};
}

TEST(ByteRange, is_what_rfc_9110_says) {
  const RangeAsked whole, none{.kind = Kind::unsatisfiable};
  const Row rows[] = {
      {"", 10, whole},
      {"bytes=0-0", 10, part(0, 1)},
      {"bytes=2-4", 10, part(2, 3)},
      {"Bytes=2-4", 10, part(2, 3)},
      {"bytes= 2-4 ", 10, part(2, 3)},
      {"bytes=2-", 10, part(2, 8)},
      {"bytes=2-99", 10, part(2, 8)},
      {"bytes=-3", 10, part(7, 3)},
      {"bytes=-99", 10, part(0, 10)},
      {"bytes=10-", 10, none},
      {"bytes=-0", 10, none},
      {"bytes=0-", 0, none},
      {"bytes=-1", 0, none},
      {"bytes=99999999999999999999-", 10, none},
      {"bytes=0-99999999999999999999", 10, part(0, 10)},
      // Of several ranges, of other units, and of what is not valid, the whole file is the answer.
      {"bytes=0-1,3-4", 10, whole},
      {"lines=1-2", 10, whole},
      {"bytes=4-2", 10, whole},
      {"bytes=-", 10, whole},
      {"bytes=+1-2", 10, whole},
      {"bytes=1- 2", 10, whole},
      {"bytes=0x1-2", 10, whole},
      {"bytes", 10, whole},
  };
  for (const auto& row : rows) EXPECT_EQ(read_range(row.field, row.size), row.asked) << row.field;
}

}  // namespace
}  // namespace wye::vm
