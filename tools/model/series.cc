// Tested by tests/tools/model/series_test.cc.

#include "tools/model/series.h"

#include <algorithm>

namespace glassheap::tools {
namespace {

constexpr size_t kMaxPoints = 1024;  // a refresh each 0.2 s for three minutes

}  // namespace

void Series::Add(double seconds, double value) {
  if (!points_.empty() && seconds < points_.back().seconds) points_.clear();  // a replay that was scrubbed back
  points_.push_back({seconds, value});
  while (points_.size() > kMaxPoints || points_.front().seconds < seconds - window_) {
    points_.pop_front();
  }
}

std::vector<double> Series::Cells(size_t cells) const {
  std::vector<double> values(cells, -1);
  if (points_.empty() || cells == 0) return values;
  const double slice = window_ / static_cast<double>(cells);
  const double end = points_.back().seconds;
  for (const Point& point : points_) {
    const auto back = static_cast<size_t>(std::max(0.0, (end - point.seconds) / slice));
    double& value = values[back < cells ? cells - 1 - back : 0];
    value = std::max(value, point.value);
  }
  for (size_t i = 1; i < cells; ++i) {
    if (values[i] < 0) values[i] = values[i - 1];
  }
  return values;
}

double Series::Largest() const {
  double largest = 0;
  for (const Point& point : points_) largest = std::max(largest, point.value);
  return largest;
}

}  // namespace glassheap::tools
