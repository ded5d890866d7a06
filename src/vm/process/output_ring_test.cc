#include "vm/process/output_ring.h"

#include <gtest/gtest.h>

#include "vm/process/capture.h"

namespace wye::vm {
namespace {

TEST(OutputRing, keeps_the_last_bytes_and_their_places) {
  OutputRing ring;
  ring.add(OutputStream::output, "ab");
  ring.add(OutputStream::output, "c");
  ring.add(OutputStream::errors, "d");
  EXPECT_EQ(ring.at(0).bytes, "abc");
  EXPECT_EQ(ring.at(1).bytes, "bc");
  EXPECT_EQ(ring.at(3).stream, OutputStream::errors);
  EXPECT_EQ(ring.at(4).bytes, "");
  ring.add(OutputStream::output, std::string(3 * OutputRing::kMost, 'x') + "end");
  EXPECT_GT(ring.begin(), 0u);
  EXPECT_EQ(ring.end(), 4 + 3 * OutputRing::kMost + 3);
  EXPECT_LE(ring.cost(), OutputRing::kMost);
  EXPECT_EQ(ring.at(ring.end() - 3).bytes, "end");
  ring.clear();
  EXPECT_EQ(ring.begin(), ring.end());
}

TEST(OutputRing, streams_that_take_turns_byte_by_byte_are_bounded_too) {
  OutputRing ring;
  for (int i = 0; i < 100'000; ++i) ring.add(i % 2 == 0 ? OutputStream::output : OutputStream::errors, "x");
  EXPECT_LE(ring.cost(), OutputRing::kMost);
  EXPECT_LT(ring.end() - ring.begin(), OutputRing::kMost / OutputRing::kCostOfBlock);
}

TEST(Capture, is_whole_up_to_what_all_share) {
  ByteBudget budget(3 * Capture::kBlock);
  Capture first(budget), second(budget);
  first.add(std::string(2 * Capture::kBlock, 'a'));
  second.add(std::string(Capture::kBlock + 1, 'b'));
  EXPECT_FALSE(first.truncated());
  EXPECT_TRUE(second.truncated());
  EXPECT_EQ(second.size(), Capture::kBlock);
}

}  // namespace
}  // namespace wye::vm
