#pragma once

#include <vector>

// What several rounds of a measurement come down to.
namespace wye::bench {

/// 0 for none.
[[nodiscard]] double median(std::vector<double> values);
/// `part` of 1: 0.99 is the 99th percentile. 0 for none.
[[nodiscard]] double percentile(std::vector<double> values, double part);
/// Round by round, so that what slows the machine slows both sides.
[[nodiscard]] std::vector<double> ratios(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace wye::bench
