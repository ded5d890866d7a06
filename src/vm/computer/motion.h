#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "base/random.h"
#include "vm/computer/computer_backend.h"

// The ways that the mouse takes. Pure.
namespace wye::vm {

/// A move after a pause.
struct MotionStep {
  std::chrono::milliseconds pause{0};
  ScreenPoint to;
};

/// Returns a way as a hand would move: a slight curve, slow at its ends, a step a frame. It ends exactly at
/// `to`, and no point is outside of the screen. Without a duration, it takes as long as the distance
/// suggests.
[[nodiscard]] std::vector<MotionStep> smooth_way(ScreenPoint from, ScreenPoint to, ScreenSize screen,
                                                 std::optional<std::chrono::milliseconds> duration,
                                                 Random& random);
/// The same through several points; the duration is shared out by length.
[[nodiscard]] std::vector<MotionStep> smooth_way(const std::vector<ScreenPoint>& path, ScreenSize screen,
                                                 std::optional<std::chrono::milliseconds> duration,
                                                 Random& random);
/// Returns straight lines, with `steps` moves for each.
[[nodiscard]] std::vector<MotionStep> straight_way(const std::vector<ScreenPoint>& path, int steps,
                                                   std::chrono::milliseconds pause);

}  // namespace wye::vm
