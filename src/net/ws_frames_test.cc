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

TEST(WsFrames, small_frames_are_shown_whole_and_unmasked_at_every_split) {
  std::string masked = std::string("\x81\x85", 2) + "abcd";
  for (std::size_t i = 0; i < 5; ++i) masked += static_cast<char>("hello"[i] ^ "abcd"[i % 4]);
  const std::string bytes = masked + "\x82\x7d" + std::string(125, 's') + std::string("\x82\x7e\x00\x7e", 4) +
                            std::string(126, 'l') + std::string("\x89\x00", 2) + ws_close_frame(1001, "bye") +
                            ws_client_close_frame(1001, "go");
  for (const std::size_t step : {std::size_t{1}, std::size_t{3}, bytes.size()}) {
    std::vector<std::string> seen;
    WsFrameTracker tracker([&](unsigned char first, std::string_view payload) {
      seen.push_back(std::to_string(first & 15) + std::string(payload));
    });
    for (std::size_t at = 0; at < bytes.size(); at += step)
      tracker.feed(std::string_view(bytes).substr(at, step));
    EXPECT_EQ(seen, (std::vector<std::string>{"1hello", "2" + std::string(125, 's'), "9",
                                              "8\x03\xe9"
                                              "bye",
                                              "8\x03\xe9"
                                              "go"}));
  }
}

}  // namespace
}  // namespace wye::net
