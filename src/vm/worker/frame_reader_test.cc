#include "vm/worker/frame_reader.h"

#include <gtest/gtest.h>

namespace wye::vm {
namespace {

constexpr std::size_t kLargest = 100;

TEST(FrameReader, frames_come_whole_however_their_bytes_are_cut) {
  const auto text =
      frame_text("ready", "") + frame_text("result", "{\"a\":\n1}") + frame_text("no_page", "x");
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    FrameReader reader(kLargest);
    std::string seen;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      reader.add(std::string_view(text).substr(at, piece));
      for (;;) {
        auto frame = reader.next();
        ASSERT_TRUE(frame);
        if (!*frame) break;
        seen += (*frame)->kind + "=" + (*frame)->body + ";";
      }
    }
    EXPECT_EQ(seen, "ready=;result={\"a\":\n1};no_page=x;") << piece;
    EXPECT_EQ(reader.held(), 0u);
  }
}

TEST(FrameReader, what_is_no_frame_is_an_error) {
  for (const std::string bad : {"\n", " 1\n", "kind\n", "kind \n", "kind x\n", "kind -1\n", "kind 1 \n",
                                "kind  1\n", "KIND 1\n", "kind 101\n", "kind 99999999999999999999\n",
                                "a_kind_of_18_bytes 1\n", "no end of a head in its most bytes"}) {
    FrameReader reader(kLargest);
    reader.add(bad);
    EXPECT_FALSE(reader.next()) << bad;
  }
}

TEST(FrameReader, a_head_that_is_not_whole_waits_and_the_largest_body_passes) {
  FrameReader reader(kLargest);
  reader.add("result 10");
  ASSERT_TRUE(reader.next());
  reader.add("0\n" + std::string(kLargest, 'x'));
  const auto frame = reader.next();
  ASSERT_TRUE(frame && *frame);
  EXPECT_EQ((*frame)->body.size(), kLargest);
}

}  // namespace
}  // namespace wye::vm
