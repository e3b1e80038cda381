// Tested by tests/tools/memstat_compare_test.cc.

#include "tools/run/compare_runs.h"

#include <string.h>
#include <sys/wait.h>

#include <algorithm>
#include <charconv>

namespace glassheap::tools {
namespace {

std::string Joined(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

// The last line that says anything: what a program prints before it gives up.
std::string LastLine(const std::string& text) {
  const size_t end = text.find_last_not_of(" \n\r\t");
  if (end == std::string::npos) return "";
  const size_t start = text.find_last_of('\n', end);
  return text.substr(start == std::string::npos ? 0 : start + 1,
                     end - (start == std::string::npos ? 0 : start + 1) + 1);
}

// Why a run does not count, or nothing.
std::optional<std::string> Complaint(const MeasuredRun& run) {
  if (run.timed_out) return "timed out";
  std::string what;
  if (WIFSIGNALED(run.wait_status)) {
    what = std::string("killed by signal ") + std::to_string(WTERMSIG(run.wait_status)) + " (" +
           ::strsignal(WTERMSIG(run.wait_status)) + ")";
  } else if (WEXITSTATUS(run.wait_status) != 0) {
    what = "exit status " + std::to_string(WEXITSTATUS(run.wait_status));
  } else {
    return std::nullopt;
  }
  const std::string line = LastLine(run.errors);
  return line.empty() ? what : what + ": " + line;
}

class Comparer {
 public:
  Comparer(const CompareSpec& spec, SignalRelay& signals, const CompareProgress& progress)
      : spec_(spec), signals_(signals), progress_(progress) {
    result_.command = Joined(spec.command);
    result_.rounds = spec.rounds;
    result_.output_compared = spec.compare_output;
    if (spec.rate) result_.rate_name = spec.rate->name;
    for (const Allocator& allocator : spec.allocators) {
      result_.allocators.emplace_back();
      result_.allocators.back().name = allocator.name;
    }
  }

  Result<Comparison> Compare() {
    const size_t count = spec_.allocators.size();
    for (size_t i = 0; i < count && !result_.interrupted; ++i) {
      if (const std::optional<Error> error = OneRun(i, true)) return *error;
    }
    for (size_t round = 0; round < spec_.rounds; ++round) {
      for (size_t i = 0; i < count && !result_.interrupted; ++i) {
        if (const std::optional<Error> error = OneRun((i + round) % count, false)) return *error;
      }
    }
    return std::move(result_);
  }

 private:
  std::optional<Error> OneRun(size_t index, bool warm_up) {
    AllocatorRuns& runs = result_.allocators[index];
    progress_(done_++, spec_.allocators.size() * (spec_.rounds + 1), runs.name);
    if (!warm_up && !warm_[index]) return std::nullopt;  // it failed its warm-up
    const Result<MeasuredRun> run = RunMeasured(
        {spec_.command, spec_.allocators[index].library, spec_.compare_output || spec_.rate.has_value(), spec_.timeout},
        signals_);
    if (!run) return run.error();
    if (run->stopped_by) {
      result_.interrupted = true;
      result_.interrupted_by = *run->stopped_by;
      return std::nullopt;
    }
    const bool good = Judge(*run, runs);
    if (warm_up) {
      warm_.push_back(good);
    } else if (good) {
      runs.rounds.push_back(run->figures);
      if (spec_.rate) runs.rounds.back().per_second = rate_;
    }
    return std::nullopt;
  }

  // Whether the run counts. Output that differs is said, and its time counts.
  bool Judge(const MeasuredRun& run, AllocatorRuns& runs) {
    std::optional<std::string> complaint = Complaint(run);
    if (!complaint && spec_.rate) {
      std::optional<double> rate = FindRate(*spec_.rate, run.output);
      if (!rate) rate = FindRate(*spec_.rate, run.errors);
      if (rate) rate_ = *rate;
      if (!rate) complaint = "no " + spec_.rate->name + " in its output";
    }
    if (complaint) {
      ++runs.failures;
      runs.timed_out |= run.timed_out;
      if (runs.why.empty()) runs.why = *complaint;
      return false;
    }
    if (spec_.compare_output) {
      const std::pair<uint64_t, uint64_t> output = {run.output_hash, run.output_bytes};
      if (!reference_) reference_ = output;
      runs.output_differs |= *reference_ != output;
    }
    return true;
  }

  const CompareSpec& spec_;
  SignalRelay& signals_;
  const CompareProgress& progress_;
  Comparison result_;
  std::vector<bool> warm_;
  size_t done_ = 0;
  double rate_ = 0;
  std::optional<std::pair<uint64_t, uint64_t>> reference_;  // hash and length of the first good run's output
};

}  // namespace

std::optional<double> FindRate(const RateSpec& rate, const std::string& text) {
  std::string found;
  for (std::sregex_iterator at(text.begin(), text.end(), rate.expression), end; at != end; ++at) {
    found = at->size() > 1 ? (*at)[1].str() : at->str();
  }
  std::erase(found, ',');
  double value = 0;
  const auto [end, error] = std::from_chars(found.data(), found.data() + found.size(), value);
  if (error != std::errc() || end != found.data() + found.size()) return std::nullopt;
  return value;
}

Result<Comparison> CompareAllocators(const CompareSpec& spec, SignalRelay& signals, const CompareProgress& progress) {
  AdoptOrphans();
  return Comparer(spec, signals, progress).Compare();
}

}  // namespace glassheap::tools
