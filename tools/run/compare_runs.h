// Runs a command under several allocators: a warm-up each, then rounds, in each of which every allocator has its turn, in
// an order that moves on by one from round to round.

#ifndef GLASSHEAP_TOOLS_RUN_COMPARE_RUNS_H_
#define GLASSHEAP_TOOLS_RUN_COMPARE_RUNS_H_

#include <functional>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "tools/model/compare.h"
#include "tools/read/allocator_library.h"
#include "tools/read/result.h"
#include "tools/run/measured_run.h"

namespace glassheap::tools {

// A figure that the command prints itself: the first group of the expression, or the whole match, of its last match on
// stdout, else on stderr.
struct RateSpec {
  std::string name;
  std::regex expression;
};

struct CompareSpec {
  std::vector<std::string> command;
  std::vector<Allocator> allocators;
  size_t rounds = 10;
  std::optional<std::chrono::duration<double>> timeout;  // of one run
  bool compare_output = true;
  std::optional<RateSpec> rate;
};

// Before each run: how many are done, of how many, and whose turn it is.
using CompareProgress = std::function<void(size_t done, size_t all, const std::string& allocator)>;

// The number in the text that the expression finds; commas between its digits are allowed.
std::optional<double> FindRate(const RateSpec& rate, const std::string& text);

// What was measured, all of it or until a signal asked us to stop. A failure of the command is not an error, it is part
// of what was measured; an allocator under which the warm-up fails is left out of the rounds. An error only when the
// command cannot be started at all.
Result<Comparison> CompareAllocators(const CompareSpec& spec, SignalRelay& signals, const CompareProgress& progress);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_RUN_COMPARE_RUNS_H_
