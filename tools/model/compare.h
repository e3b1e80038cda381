// The same command under several allocators, many times: what was measured, and what may be said of it.
//
// Rounds are interleaved, so a machine that gets slower or faster meanwhile does it to all of them alike. A difference
// counts only if it is more than the runs of one allocator differ among themselves: see WithinNoise. Pure: no I/O.

#ifndef GLASSHEAP_TOOLS_MODEL_COMPARE_H_
#define GLASSHEAP_TOOLS_MODEL_COMPARE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace glassheap::tools {

// What one run cost: the command and those of its descendants that were waited for, as /usr/bin/time counts. Seconds,
// bytes, and numbers.
struct RunFigures {
  double wall_seconds = 0;
  double user_seconds = 0;
  double system_seconds = 0;
  double max_rss = 0;  // of its largest process
  double minor_faults = 0;
  double major_faults = 0;
  double context_switches = 0;  // voluntary and not
  double per_second = 0;        // from its own output; only with a rate to look for
};

enum class FigureUnit { kSeconds, kBytes, kCount, kRate };

// The one list of figures; every view walks it.
struct CompareFigure {
  const char* key;    // in JSON
  const char* label;  // for people
  FigureUnit unit;
  double RunFigures::*value;
  bool more_is_better = false;
};

inline constexpr CompareFigure kCompareFigures[] = {
    {"wall_seconds", "wall time", FigureUnit::kSeconds, &RunFigures::wall_seconds},
    {"user_seconds", "user time", FigureUnit::kSeconds, &RunFigures::user_seconds},
    {"system_seconds", "system time", FigureUnit::kSeconds, &RunFigures::system_seconds},
    {"max_rss", "peak RSS", FigureUnit::kBytes, &RunFigures::max_rss},
    {"minor_faults", "minor faults", FigureUnit::kCount, &RunFigures::minor_faults},
    {"major_faults", "major faults", FigureUnit::kCount, &RunFigures::major_faults},
    {"context_switches", "context switches", FigureUnit::kCount, &RunFigures::context_switches},
    {"per_second", "per second", FigureUnit::kRate, &RunFigures::per_second, true},
};

// Of one figure over the rounds.
struct FigureSummary {
  double min = 0;
  double median = 0;
  double max = 0;
  double deviation = 0;  // median absolute deviation from the median
  size_t rounds = 0;
};

// REQUIRES: values is not empty.
FigureSummary Summarize(std::vector<double> values);

// Whether two medians differ by less than twice the standard error of their difference, as the runs' own scatter tells
// it. The error of a median of n runs is 1.2533 s / sqrt(n), and s is taken as 1.4826 deviations, which outliers do not
// move (Hampel, The Influence Curve, 1974). True below three rounds: then nothing is known of the scatter.
bool WithinNoise(const FigureSummary& a, const FigureSummary& b);

struct AllocatorRuns {
  std::string name;
  std::vector<RunFigures> rounds;  // those that went well; the warm-up is not among them
  size_t failures = 0;             // that did not, warm-up included
  bool timed_out = false;
  bool output_differs = false;  // from the first allocator's
  std::string why;              // of the first failure

  bool failed() const { return failures > 0; }
};

struct Comparison {
  std::string command;  // with its arguments; any bytes
  size_t rounds = 0;    // asked for
  bool interrupted = false;
  int interrupted_by = 0;  // the signal
  bool output_compared = false;
  std::optional<std::string> rate_name;  // of --per-second
  std::vector<AllocatorRuns> allocators;
};

// Nothing when there is no round that went well.
std::optional<FigureSummary> SummaryOf(const AllocatorRuns& runs, const CompareFigure& figure);

// The best median of all allocators.
std::optional<FigureSummary> BestOf(const Comparison& comparison, const CompareFigure& figure);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_COMPARE_H_
