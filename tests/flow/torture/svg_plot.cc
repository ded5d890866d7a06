#include "svg_plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace wye::torture {
namespace {

constexpr double kWidth = 420, kHeight = 183, kLeft = 52, kRight = 12, kTop = 30, kBottom = 53, kHead = 34;

std::string text(double x, double y, const std::string& kind, const std::string& anchor,
                 const std::string& words) {
  char out[400];
  std::snprintf(out, sizeof out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\" text-anchor=\"%s\">%s</text>\n", x,
                y, kind.c_str(), anchor.c_str(), words.c_str());
  return out;
}

std::string line(double x1, double y1, double x2, double y2, const char* kind) {
  char out[200];
  std::snprintf(out, sizeof out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n", x1,
                y1, x2, y2, kind);
  return out;
}

std::string number(double value) {
  char out[40];
  std::snprintf(out, sizeof out, value < 10 && value != std::floor(value) ? "%.1f" : "%.0f", value);
  return out;
}

// Returns a round number of at least the value, so that the axis begins at 0 and ends above everything.
double ceiling_of(double value) {
  if (value <= 0) return 1;
  const double unit = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0})
    if (value <= step * unit) return step * unit;
  return 10 * unit;
}

std::string draw(const Chart& chart, double left, double top, double boundary) {
  double most = 0;
  for (const auto& [x, y] : chart.points) most = std::max(most, y);
  const double ceiling = ceiling_of(most * 1.05);
  const double last = chart.points.empty() ? 1 : std::max(1e-9, chart.points.back().first);
  const double width = kWidth - kLeft - kRight, height = kHeight - kTop - kBottom;
  const auto at_x = [&](double x) { return left + kLeft + x / last * width; };
  const auto at_y = [&](double y) { return top + kTop + height - y / ceiling * height; };
  std::string out = text(left + kLeft, top + 18, "t", "start", chart.title);
  for (const double part : {0.0, 0.5, 1.0}) {
    out += line(at_x(0), at_y(part * ceiling), at_x(last), at_y(part * ceiling), "g");
    out += text(left + kLeft - 6, at_y(part * ceiling) + 4, "l", "end", number(part * ceiling));
    out += text(at_x(part * last), top + kTop + height + 15, "l", "middle", number(part * last));
  }
  if (boundary > 0 && boundary < last)
    out += line(at_x(boundary), at_y(0), at_x(boundary), at_y(ceiling), "b");
  out += "<polyline class=\"p\" points=\"";
  char point[48];
  for (const auto& [x, y] : chart.points) {
    std::snprintf(point, sizeof point, "%.1f,%.1f ", at_x(x), at_y(y));
    out += point;
  }
  out += "\"/>\n";
  for (std::size_t i = 0; i < chart.notes.size(); ++i)
    out += text(left + kLeft, top + kTop + height + 31 + 13 * static_cast<double>(i), "l", "start",
                chart.notes[i]);
  return out;
}

}  // namespace

std::string svg_of(const std::string& title, const std::string& x_title, const std::vector<Chart>& charts,
                   double boundary) {
  const double height = kHead + kHeight * std::ceil(static_cast<double>(charts.size()) / 2) + 10;
  char head[200];
  std::snprintf(head, sizeof head, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\">\n",
                kWidth * 2, height);
  std::string out = head;
  out +=
      "<style>text{font-family:sans-serif;fill:#222}.t{font-size:12px;font-weight:bold}.l{font-size:10px;"
      "fill:#555}.g{stroke:#ddd}.b{stroke:#c60;stroke-dasharray:3 "
      "3}.p{fill:none;stroke:#06c;stroke-width:1.3}"
      ".bg{fill:#fff}</style>\n<rect class=\"bg\" width=\"100%\" height=\"100%\"/>\n";
  out += text(12, 22, "t", "start", title) + text(kWidth * 2 - 12, 22, "l", "end", x_title);
  for (std::size_t i = 0; i < charts.size(); ++i)
    out += draw(charts[i], static_cast<double>(i % 2) * kWidth, kHead + static_cast<double>(i / 2) * kHeight,
                boundary);
  return out + "</svg>\n";
}

}  // namespace wye::torture
