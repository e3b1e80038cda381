// Tested by tests/tools/memtop_test.cc and tests/tools/memtop_terminal_test.cc.

#include <string.h>

#include <algorithm>
#include <optional>

#include "tools/model/oom_setting.h"
#include "tools/read/oom_adjustment.h"
#include "tools/read/process_signal.h"
#include "tools/read/recording_file.h"
#include "tools/read/user_file.h"
#include "tools/run/detail_sampler.h"
#include "tools/run/pss_sampler.h"
#include "tools/run/top_sampler.h"
#include "tools/run/top_world.h"
#include "tools/view/json_recording.h"
#include "tools/view/top/config.h"
#include "tools/view/top/detail.h"
#include "tools/view/top/rows.h"
#include "tools/view/top/screen.h"

namespace glassheap::tools {
namespace {

struct NeededFile {
  unsigned need;
  unsigned file;
};
constexpr NeededFile kFiles[] = {
    {kNeedsStat, kReadStat},   {kNeedsOom, kReadOomScoreAdj}, {kNeedsCommandLine, kReadCommandLine},
    {kNeedsHeap, kReadRegion}, {kNeedsCgroup, kReadCgroup},   {kNeedsThreads, kReadThreads},
};

unsigned FilesFor(unsigned needs) {
  unsigned files = kReadStatusOnly;
  for (const NeededFile& row : kFiles) {
    if (needs & row.need) files |= row.file;
  }
  if (!(needs & kNeedsFresh)) files |= kReadStatusWhenChanged;
  return files;
}

void Say(TopState& state, std::string text, bool error = false) {
  state.message = std::move(text);
  state.message_is_error = error;
}

void AddToHistory(const Machine& machine, TopHistory& history) {
  const double now = machine.monotonic_seconds;
  history.used.Add(now, static_cast<double>(machine.memory.used));
  history.swapped.Add(now, static_cast<double>(machine.memory.swap_used));
  if (machine.pressure) history.pressure.Add(now, machine.pressure->some_avg10);
  history.live.Add(now, static_cast<double>(std::max<int64_t>(machine.heaps.live, 0)));
}

class LiveWorld : public TopWorld {
 public:
  LiveWorld(const Root& root, const LiveOptions& options) : options_(options), sampler_(root), detail_(root) {}

  std::optional<Error> Refresh(const TopState& state, const std::vector<pid_t>& in_view, TopFrame& frame) override {
    unsigned needs = NeedsOf(state);
    if (options_.with_head) needs |= kNeedsHeap;
    if (recorder_) needs |= kNeedsHeap | kNeedsOom | kNeedsCommandLine | kNeedsCgroup;
    Result<TopSample> sample = sampler_.Sample(FilesFor(needs));
    if (!sample) return sample.error();
    frame.machine = std::move(sample->machine);
    frame.processes = std::move(sample->processes);
    AddToHistory(frame.machine, frame.history);
    if (needs & kNeedsPss) MeasurePss(state, in_view, frame);
    pss_.Collect(frame.processes, frame.machine.monotonic_seconds, options_.batch);
    UpdateDetail(state, frame);
    return Record(frame);
  }

  void Do(const TopCommand& command, TopFrame& frame, TopState& state) override {
    switch (command.kind) {
      case TopCommand::Kind::kSignal:
        return Signal(command, state);
      case TopCommand::Kind::kSetOom:
        return SetOom(command, state);
      case TopCommand::Kind::kSave:
        return Save(state);
      case TopCommand::Kind::kRecord:
        return SetRecording(command.text, frame, state);
      case TopCommand::Kind::kMeasure:
        return MeasureOne(command.target, frame, state);
      default:
        return;
    }
  }

  std::optional<Error> StartRecording(const std::string& path) {
    Result<RecordingWriter> writer = RecordingWriter::Open(path, kWholeFrame);
    if (!writer) return writer.error();
    recorder_.emplace(*std::move(writer));
    encoder_ = std::make_unique<FrameEncoder>();
    return std::nullopt;
  }

 private:
  bool IsThere(const TopTarget& target) {
    return sampler_.reader().DirectoryOf(target.pid, target.incarnation) != nullptr;
  }

  // On a screen those in view, within the budget; in a batch all that are wanted.
  void MeasurePss(const TopState& state, const std::vector<pid_t>& in_view, TopFrame& frame) {
    std::vector<const Process*> wanted;
    for (const Process& process : frame.processes) {
      const bool shown = options_.batch ? IsWantedButForFilters(process, state)
                                        : std::ranges::find(in_view, process.pid) != in_view.end();
      if (!shown) continue;
      wanted.push_back(&process);
      if (options_.batch) pss_.MeasureNow(process, sampler_.reader());
    }
    if (!options_.batch) pss_.Measure(wanted, sampler_.reader(), frame.machine.monotonic_seconds);
  }

  void UpdateDetail(const TopState& state, TopFrame& frame) {
    frame.detail.reset();
    if (!state.detail) return detail_.Forget();
    const TopTarget& target = state.detail->target;
    frame.detail = detail_.Sample(target.pid, target.incarnation, frame.processes, sampler_.reader(),
                                  frame.machine.monotonic_seconds, DetailNeedsOf(state));
  }

  std::optional<Error> Record(TopFrame& frame) {
    frame.recording = recorder_ ? recorder_->path() : "";
    if (!recorder_) return std::nullopt;
    auto error = recorder_->Append(encoder_->Encode(frame.machine, frame.processes));
    if (!error) return std::nullopt;
    recorder_.reset();
    frame.recording.clear();
    error->why += "; the recording has ended";
    return error;
  }

  void Signal(const TopCommand& command, TopState& state) {
    const auto error = SendSignal(command.target.pid, command.number, [&] { return IsThere(command.target); });
    if (error) return Say(state, error->Text(), true);
    const char* name = ::sigabbrev_np(command.number);
    Say(state, "sent " + (name != nullptr ? "SIG" + std::string(name) : std::to_string(command.number)) + " to pid " +
                   std::to_string(command.target.pid));
  }

  void SetOom(const TopCommand& command, TopState& state) {
    const TopTarget& target = command.target;
    const auto adjustment = OomAdjustment::Open(sampler_.root(), sampler_.users(), target.pid);
    if (!adjustment) return Say(state, adjustment.error().Text(), true);
    if (!IsThere(target)) return Say(state, "pid " + std::to_string(target.pid) + ": has ended meanwhile", true);
    const auto before = adjustment->Read();
    if (!before) return Say(state, before.error().Text(), true);
    const auto after = adjustment->Write(command.number);
    if (!after) return Say(state, after.error().Text(), true);
    Say(state, DescribeChange({target.pid, target.name, *before, *after}, {command.number, std::nullopt}));
  }

  void Save(TopState& state) {
    if (options_.config_path.empty()) return Say(state, "neither HOME nor XDG_CONFIG_HOME is set", true);
    if (const auto error = WriteUserConfig(options_.config_path, ConfigText(state.settings))) {
      return Say(state, error->Text(), true);
    }
    Say(state, "saved: " + options_.config_path);
  }

  void SetRecording(const std::string& path, TopFrame& frame, TopState& state) {
    if (path.empty()) {
      Say(state, "recorded into " + frame.recording + "; memtop --replay shows it");
      recorder_.reset();
      frame.recording.clear();
      return;
    }
    if (const auto error = StartRecording(path)) return Say(state, error->Text(), true);
    frame.recording = path;
    Say(state, "recording into " + path);
  }

  void MeasureOne(const TopTarget& target, TopFrame& frame, TopState& state) {
    const auto found = std::ranges::find(frame.processes, target.pid, &Process::pid);
    if (found == frame.processes.end()) return;
    pss_.MeasureNow(*found, sampler_.reader());
    pss_.Collect(frame.processes, frame.machine.monotonic_seconds, true);
    if (frame.detail) frame.detail->process = *found;
    if (!found->pss)
      return Say(state, "pid " + std::to_string(target.pid) + ": its smaps_rollup may not be read", true);
    Say(state, "PSS " + ProcessText(*FindProcessColumn("pss"), *found) + ", USS " +
                   ProcessText(*FindProcessColumn("uss"), *found) + "; the columns pss and uss keep it in view");
  }

  static bool IsWantedButForFilters(const Process& process, const TopState& state) {
    TopState without = {};
    without.settings = state.settings;
    without.user = state.user;
    without.text_filter = state.text_filter;
    without.pids = state.pids;
    return IsWanted(process, without);
  }

  LiveOptions options_;
  TopSampler sampler_;
  PssSampler pss_;
  DetailSampler detail_;
  std::optional<RecordingWriter> recorder_;
  std::unique_ptr<FrameEncoder> encoder_;
};

}  // namespace

Result<std::unique_ptr<TopWorld>> MakeLiveWorld(const Root& root, const LiveOptions& options) {
  auto world = std::make_unique<LiveWorld>(root, options);
  if (!options.record.empty()) {
    if (auto error = world->StartRecording(options.record)) return *std::move(error);
  }
  return std::unique_ptr<TopWorld>(std::move(world));
}

}  // namespace glassheap::tools
