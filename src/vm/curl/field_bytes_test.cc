#include "vm/curl/field_bytes.h"

#include <gtest/gtest.h>

namespace wye::vm {
namespace {

// The two texts are what Chromium 156 showed for the same field in both events.
TEST(FieldBytes, both_ways_in_which_devtools_decodes_are_undone) {
  struct Row {
    std::string wire, received, extra_info;
  };
  const Row rows[] = {
      {"plain", "plain", "plain"},
      {"caf\xe9", "café", "café"},
      {"caf\xc3\xa9 \xe2\x86\x92", "caf\u00c3\u00a9 \u00e2\u0086\u0092",
       "caf\u00c3\u00a9 \u00e2\u2020\u2019"},
      {"\x80\x9f\xff", "\u0080\u009f\u00ff", "\u20ac\u0178\u00ff"},
      {"\x81\x8d\x8f\x90\x9d", "\u0081\u008d\u008f\u0090\u009d", "\u0081\u008d\u008f\u0090\u009d"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(field_bytes(row.received), row.wire);
    EXPECT_EQ(field_bytes(row.extra_info), row.wire);
    EXPECT_EQ(latin1_text(row.wire), row.received);
  }
}

TEST(FieldBytes, what_devtools_does_not_make_stays) {
  EXPECT_EQ(field_bytes("漢😀"), "漢😀");
  EXPECT_EQ(field_bytes("\xff"), "\xff");
}

TEST(FieldBytes, as_text_they_are_utf8_or_else_latin_1) {
  EXPECT_EQ(field_text("caf\xc3\xa9"), "café");
  EXPECT_EQ(field_text("caf\xe9"), "café");
  EXPECT_EQ(field_text("\x80\xc3\xa9"), "\u0080\u00c3\u00a9");
  EXPECT_EQ(field_text(""), "");
}

}  // namespace
}  // namespace wye::vm
