// A figure over the last minutes, for sparklines: one cell for each slice of time. Pure; time is given, in seconds of a
// clock that does not jump.

#ifndef GLASSHEAP_TOOLS_MODEL_SERIES_H_
#define GLASSHEAP_TOOLS_MODEL_SERIES_H_

#include <cstddef>
#include <deque>
#include <vector>

namespace glassheap::tools {

class Series {
 public:
  Series() : Series(180) {}
  // Keeps so many seconds.
  explicit Series(double window_seconds) : window_(window_seconds) {}

  void Add(double seconds, double value);
  void Clear() { points_.clear(); }

  // The largest value of each of so many slices of the window, the newest last. A slice without a value of its own has
  // the one before it; -1 where there was none yet.
  std::vector<double> Cells(size_t cells) const;

  double Largest() const;
  bool empty() const { return points_.empty(); }
  double window() const { return window_; }

 private:
  struct Point {
    double seconds;
    double value;
  };

  double window_;
  std::deque<Point> points_;
};

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_SERIES_H_
