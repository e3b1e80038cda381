// Time against memory, one mark for each allocator: below and to the left is better.

#ifndef GLASSHEAP_TOOLS_VIEW_COMPARE_PLOT_H_
#define GLASSHEAP_TOOLS_VIEW_COMPARE_PLOT_H_

#include <string>
#include <vector>

#include "tools/model/compare.h"

namespace glassheap::tools {

// "0.123 s", "12.3Mi", "512".
std::string CompareValue(double value, FigureUnit unit);

struct PlotPoint {
  std::string name;
  char mark;  // 'a' for the first allocator
  double seconds;
  double bytes;
};

// Allocators with at least one round that went well. Axes do not begin at 0: they span the points.
struct PlotArea {
  std::vector<PlotPoint> points;
  double min_seconds = 0, max_seconds = 0, min_bytes = 0, max_bytes = 0;

  // 0 to 1 from the left and from the bottom.
  double X(const PlotPoint& point) const;
  double Y(const PlotPoint& point) const;
};

PlotArea MakePlot(const Comparison& comparison);

// Empty when there are fewer than two points.
std::string ComparePlot(const Comparison& comparison);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_COMPARE_PLOT_H_
