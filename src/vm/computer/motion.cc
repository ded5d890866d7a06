#include "vm/computer/motion.h"

#include <algorithm>
#include <cmath>

namespace wye::vm {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds kFrame{16};
constexpr double kShortestMs = 80, kLongestMs = 1'200, kMsPerRootPixel = 28;
constexpr double kMostBend = 0.12;  // of the distance, to either side
constexpr int kFineness = 1'000;

double distance(ScreenPoint a, ScreenPoint b) { return std::hypot(b.x - a.x, b.y - a.y); }

// A hand takes twice as long for four times the distance.
double usual_ms(double length) {
  return std::clamp(std::sqrt(length) * kMsPerRootPixel, kShortestMs, kLongestMs);
}

double between(Random& random, double least, double most) {
  return least + (most - least) * static_cast<double>(random.below(kFineness + 1)) / kFineness;
}

ScreenPoint clamped(double x, double y, ScreenSize screen) {
  return {std::clamp(static_cast<int>(std::lround(x)), 0, screen.width - 1),
          std::clamp(static_cast<int>(std::lround(y)), 0, screen.height - 1)};
}

}  // namespace

std::vector<MotionStep> smooth_way(ScreenPoint from, ScreenPoint to, ScreenSize screen,
                                   std::optional<milliseconds> duration, Random& random) {
  const double length = distance(from, to);
  const double ms = duration ? static_cast<double>(duration->count()) : usual_ms(length);
  const int steps = std::max(1, static_cast<int>(ms / static_cast<double>(kFrame.count())));
  // Both control points of the curve bend to the same side.
  const double bend = between(random, -kMostBend, kMostBend);
  const double side_x = -(to.y - from.y) * bend, side_y = (to.x - from.x) * bend;
  std::vector<MotionStep> out;
  double passed = 0;
  for (int i = 1; i <= steps; ++i) {
    const double part = static_cast<double>(i) / steps;
    const double at = part * part * (3 - 2 * part);  // slow at both ends
    const double rest = 1 - at;
    const double lift = 3 * rest * rest * at + 3 * rest * at * at;  // of a cubic curve's two control points
    const double due = ms * part;
    const milliseconds pause(static_cast<int>(due) - static_cast<int>(passed));
    passed = due;
    out.push_back({pause, clamped(from.x + (to.x - from.x) * at + side_x * lift,
                                  from.y + (to.y - from.y) * at + side_y * lift, screen)});
  }
  out.back().to = to;
  return out;
}

std::vector<MotionStep> smooth_way(const std::vector<ScreenPoint>& path, ScreenSize screen,
                                   std::optional<milliseconds> duration, Random& random) {
  double whole = 0;
  for (std::size_t i = 1; i < path.size(); ++i) whole += distance(path[i - 1], path[i]);
  if (!duration) duration = milliseconds(static_cast<int>(usual_ms(whole)));
  std::vector<MotionStep> out;
  for (std::size_t i = 1; i < path.size(); ++i) {
    const double share = whole > 0 ? distance(path[i - 1], path[i]) / whole : 1.0 / (path.size() - 1);
    const milliseconds part(static_cast<int>(static_cast<double>(duration->count()) * share));
    const auto way = smooth_way(path[i - 1], path[i], screen, part, random);
    out.insert(out.end(), way.begin(), way.end());
  }
  return out;
}

std::vector<MotionStep> straight_way(const std::vector<ScreenPoint>& path, int steps, milliseconds pause) {
  std::vector<MotionStep> out;
  for (std::size_t i = 1; i < path.size(); ++i) {
    const auto from = path[i - 1], to = path[i];
    for (int step = 1; step <= steps; ++step)
      out.push_back(
          {out.empty() ? milliseconds(0) : pause,
           {from.x + static_cast<int>(std::lround((to.x - from.x) * (static_cast<double>(step) / steps))),
            from.y + static_cast<int>(std::lround((to.y - from.y) * (static_cast<double>(step) / steps)))}});
  }
  return out;
}

}  // namespace wye::vm
