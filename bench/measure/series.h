#pragma once

#include <vector>

// Summaries of several rounds of a measurement.
namespace wye::bench {

/// 0 for none.
[[nodiscard]] double median(std::vector<double> values);
/// `part` of 1: 0.99 is the 99th percentile. 0 for none.
[[nodiscard]] double percentile(std::vector<double> values, double part);
/// Divides round by round, since what slows the machine slows both sides.
[[nodiscard]] std::vector<double> ratios(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace wye::bench
