#pragma once

#include <string>
#include <utility>
#include <vector>

namespace wye::torture {

/// One small chart: its title, its points (x ascending) and at most two lines under it.
struct Chart {
  std::string title;
  std::vector<std::string> notes;
  std::vector<std::pair<double, double>> points;
};

/// Draws charts below each other in two columns, as one SVG without dependencies; `boundary` is where the
/// second phase begins, `x_title` the title of the horizontal axis.
[[nodiscard]] std::string svg_of(const std::string& title, const std::string& x_title,
                                 const std::vector<Chart>& charts, double boundary);

}  // namespace wye::torture
