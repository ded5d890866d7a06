#pragma once

#include <vector>

// Summaries of several rounds of a measurement.
namespace wye::bench {

/// The median; 0 for an empty list.
[[nodiscard]] double median(std::vector<double> values);
/// `part` is a fraction: 0.99 is the 99th percentile. Returns 0 for an empty list.
[[nodiscard]] double percentile(std::vector<double> values, double part);
/// Divides round by round, since whatever slows the machine slows both sides.
[[nodiscard]] std::vector<double> ratios(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace wye::bench
