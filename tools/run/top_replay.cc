// Tested by tests/tools/memtop_test.cc.

#include <algorithm>

#include "tools/read/recording_file.h"
#include "tools/run/top_world.h"
#include "tools/view/json_recording.h"

namespace glassheap::tools {
namespace {

class ReplayWorld : public TopWorld {
 public:
  ReplayWorld(std::string path, RecordingReader reader) : path_(std::move(path)), reader_(std::move(reader)) {}

  // The next frame, until the last one.
  std::optional<Error> Refresh(const TopState& state, const std::vector<pid_t>&, TopFrame& frame) override {
    if (shown_ && at_ + 1 < reader_.size() && !state.paused) ++at_;
    return Show(frame, state);
  }

  void Do(const TopCommand& command, TopFrame& frame, TopState& state) override {
    if (command.kind != TopCommand::Kind::kSeek) {
      state.message = "not in a replay";
      state.message_is_error = true;
      return;
    }
    const auto to = static_cast<ptrdiff_t>(at_) + command.number;
    at_ = static_cast<size_t>(std::clamp<ptrdiff_t>(to, 0, static_cast<ptrdiff_t>(reader_.size()) - 1));
    state.paused = true;  // who scrubs wants to look
    if (const auto error = Show(frame, state)) {
      state.message = error->Text();
      state.message_is_error = true;
    }
  }

 private:
  std::optional<Error> Show(TopFrame& frame, const TopState& state) {
    if (auto error = DecodeTo(at_)) return error;
    shown_ = true;
    frame.machine = decoded_.machine;
    frame.processes = decoded_.processes;
    frame.replay = ReplayPlace{at_, reader_.size(), !state.paused};
    FillHistory(frame.history);
    UpdateDetail(state, frame);
    return std::nullopt;
  }

  // Frames between the last whole one and this one are decoded in their order.
  std::optional<Error> DecodeTo(size_t index) {
    size_t from = index;
    while (from > 0 && !reader_.Start(from).starts_with(kWholeFrame)) --from;
    if (decoded_count_ > 0 && decoded_count_ - 1 <= index && decoded_count_ - 1 >= from) from = decoded_count_;
    for (size_t i = from; i <= index; ++i) {
      const Result<std::string> line = reader_.Line(i);
      if (!line) return line.error();
      Result<RecordedFrame> frame = decoder_.Decode(*line);
      if (!frame) return Error{path_, "frame " + std::to_string(i + 1) + " is damaged: " + frame.error().why};
      decoded_ = *std::move(frame);
      decoded_count_ = i + 1;
    }
    return std::nullopt;
  }

  void FillHistory(TopHistory& history) {
    const Machine& machine = decoded_.machine;
    const double now = machine.monotonic_seconds;
    history.used.Add(now, static_cast<double>(machine.memory.used));
    history.swapped.Add(now, static_cast<double>(machine.memory.swap_used));
    if (machine.pressure) history.pressure.Add(now, machine.pressure->some_avg10);
    history.live.Add(now, static_cast<double>(std::max<int64_t>(machine.heaps.live, 0)));
  }

  void UpdateDetail(const TopState& state, TopFrame& frame) {
    if (!state.detail) {
      frame.detail.reset();
      return;
    }
    const TopTarget& target = state.detail->target;
    const auto found = std::ranges::find(frame.processes, target.pid, &Process::pid);
    if (!frame.detail || frame.detail->process.pid != target.pid) frame.detail.emplace();
    frame.detail->process.pid = target.pid;
    frame.detail->ended = found == frame.processes.end() || found->incarnation != target.incarnation;
    frame.detail->why_no_heap = "a recording has the heap's sums, not its classes and threads";
    frame.detail->why_no_map = "a recording has no address spaces";
    if (frame.detail->ended) return;
    frame.detail->process = *found;
    if (found->rss) frame.detail->rss.Add(frame.machine.monotonic_seconds, static_cast<double>(*found->rss));
  }

  const std::string path_;
  RecordingReader reader_;
  FrameDecoder decoder_;
  RecordedFrame decoded_;
  size_t decoded_count_ = 0;  // decoded_ is the frame before this one
  size_t at_ = 0;
  bool shown_ = false;
};

}  // namespace

Result<std::unique_ptr<TopWorld>> MakeReplayWorld(const std::string& path) {
  Result<RecordingReader> reader = RecordingReader::Open(path, kWholeFrame);
  if (!reader) return reader.error();
  return std::unique_ptr<TopWorld>(std::make_unique<ReplayWorld>(path, *std::move(reader)));
}

}  // namespace glassheap::tools
