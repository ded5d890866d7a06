#include "net/ws_frames.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace wye::net {
namespace {

TEST(WsFrames, boundaries_are_known_at_every_split) {
  std::string bytes;
  std::vector<std::size_t> boundaries = {0};
  const auto add = [&](const std::string& header, std::size_t payload) {
    bytes += header + std::string(payload, 'p');
    boundaries.push_back(bytes.size());
  };
  add(std::string("\x81\x00", 2), 0);
  add("\x82\x7d", 125);
  add(std::string("\x02\x7e\x01\x00", 4), 256);
  add(std::string("\x80\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10), 65536);
  add("\x89\x83mask", 3);
  add(ws_close_frame(1001, "bye"), 0);
  for (const std::size_t step :
       {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1000}, bytes.size()}) {
    WsFrameTracker tracker;
    for (std::size_t at = 0; at < bytes.size();) {
      const auto size = std::min(step, bytes.size() - at);
      tracker.feed(std::string_view(bytes).substr(at, size));
      at += size;
      const bool expected = std::find(boundaries.begin(), boundaries.end(), at) != boundaries.end();
      ASSERT_EQ(tracker.at_boundary(), expected) << "step " << step << " at " << at;
    }
    EXPECT_EQ(tracker.messages(), 3) << "the third came in two frames; a ping and a close are none";
    EXPECT_TRUE(tracker.closed());
  }
}

}  // namespace
}  // namespace wye::net
