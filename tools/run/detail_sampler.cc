// Tested by tests/tools/run/process_sampling_test.cc.

#include "tools/run/detail_sampler.h"

#include <string.h>
#include <time.h>

#include <algorithm>
#include <utility>

#include "tools/read/stack_pointers.h"

namespace glassheap::tools {
namespace {

constexpr std::chrono::milliseconds kPatience{5000};
constexpr std::chrono::milliseconds kShortWait{50};  // most are read within a few: then they are shown at once
constexpr double kMapSeconds = 10;
constexpr double kResidentSeconds = 2;
constexpr double kResidentShare = 50;  // it may cost 2 % of one processor
constexpr char kNoHeap[] =
    "No glassheap heap can be seen: it does not run under glassheap (memstat run -- COMMAND), or it belongs to another "
    "user.";

double Boottime() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double Positive(int64_t bytes) { return bytes > 0 ? static_cast<double>(bytes) : 0; }

}  // namespace

const ProcessDetail& DetailSampler::Sample(pid_t pid, uint64_t incarnation, const std::vector<Process>& processes,
                                           ProcessReader& reader, double now, unsigned needs) {
  if (!detail_ || detail_->process.pid != pid || detail_->process.incarnation != incarnation) {
    detail_.emplace();
    detail_->process.pid = pid;
    detail_->process.incarnation = incarnation;
    region_ = RegionWatch();
    heap_window_.reset();
    map_asked_ = -1e9;
    resident_due_ = -1e9;
  }
  const auto found = std::ranges::find(processes, pid, &Process::pid);
  const bool there = found != processes.end() && found->incarnation == incarnation;
  // One that is about to end has given up its memory already.
  detail_->ended = !there || found->state == 'Z' || (detail_->process.rss && !found->rss);
  detail_->seconds = now;
  if (!there) return *detail_;
  if (!detail_->ended) {
    detail_->process = *found;
    ReadHeap(reader, (needs & kDetailHistory) != 0);
    AddToHistory(now);
    for (const SlowReader::Answer& answer : slow_.CollectReady(kPatience)) TakeMap(answer, reader);
    if (needs & kDetailMap) AskForMap(reader, now);
    TakeResident(reports_.Take(), reader, now);
    if (needs & kDetailResident) AskForResident(reader, now);
  }
  return *detail_;
}

void DetailSampler::ReadHeap(ProcessReader& reader, bool with_history) {
  const auto directory = reader.DirectoryOf(detail_->process.pid, detail_->process.incarnation);
  if (directory == nullptr) return;
  std::string text;
  if (directory->ReadInto("status", text) != 0) return;
  const auto status = ParseProcessStatus(text);
  if (!status || !status->has_memory()) return;
  const auto image = region_.Read(*directory, status->name, status->innermost_pid.value_or(detail_->process.pid));
  if (image && image->header().heap_window <= UINT64_MAX - image->header().heap_base) {
    heap_window_ = AddressRange{image->header().heap_base, image->header().heap_base + image->header().heap_window};
  }
  const auto heap = image ? MakeHeap(*image).optional() : std::nullopt;
  if (heap && with_history) {
    detail_->heap_history = MakeHistory(*image, *heap, SecondsOfRegion(*image, Boottime()));
  }
  detail_->heap = heap;
  detail_->why_no_heap = heap ? "" : kNoHeap;
}

void DetailSampler::AskForMap(ProcessReader& reader, double now) {
  if (slow_.waiting() > 0 || now - map_asked_ < kMapSeconds) return;
  const Process& process = detail_->process;
  auto directory = reader.DirectoryOf(process.pid, process.incarnation);
  if (directory == nullptr) return;
  map_asked_ = now;
  slow_.Ask({{process.incarnation, std::move(directory), "smaps", kMaxSmapsBytes}});
  for (const SlowReader::Answer& answer : slow_.CollectWithin(kShortWait)) TakeMap(answer, reader);
}

void DetailSampler::AskForResident(ProcessReader& reader, double now) {
  if (reports_.busy() || now < resident_due_) return;
  const Process& process = detail_->process;
  auto directory = reader.DirectoryOf(process.pid, process.incarnation);
  if (directory == nullptr) return;
  resident_due_ = now + kResidentSeconds;
  reports_.Ask(process.incarnation, process.pid, std::move(directory));
  TakeResident(reports_.Take(kShortWait), reader, now);
}

void DetailSampler::TakeResident(std::optional<ReportReader::Answer> answer, ProcessReader& reader, double now) {
  if (!answer) return;
  resident_due_ = now + std::max(kResidentSeconds, answer->seconds * kResidentShare);
  // It was asked for by its pid: as its directory is still the same one's, nobody else has had it meanwhile.
  const Process& process = detail_->process;
  if (answer->id != process.incarnation || reader.DirectoryOf(process.pid, process.incarnation) == nullptr) return;
  detail_->resident_took = answer->seconds;
  detail_->resident_seconds = now;
  if (!answer->report) {
    detail_->why_no_resident = answer->report.error().Text();
    return;
  }
  if (answer->report->resident) detail_->resident = std::move(answer->report->resident);
  detail_->why_no_resident = answer->report->no_resident_because;
}

void DetailSampler::TakeMap(const SlowReader::Answer& answer, ProcessReader& reader) {
  const Process& process = detail_->process;
  if (answer.id != process.incarnation) return;  // of another one, which was left meanwhile
  const auto directory = reader.DirectoryOf(process.pid, process.incarnation);
  if (answer.error != 0 || answer.text.empty() || directory == nullptr) {
    detail_->why_no_map = answer.error != 0
                              ? std::string("its address space cannot be read: ") + ::strerror(answer.error)
                              : "it has no address space";
    return;
  }
  SpaceHints hints;
  hints.program = directory->ReadLink("exe").optional().value_or("");
  hints.heap = heap_window_;
  hints.stack_pointers = ReadStackPointers(*directory);
  AddressSpace space;
  space.pid = process.pid;
  space.name = process.name;
  space.page_tables = process.page_tables;
  space.mappings = ParseMappings(answer.text);
  space.kinds = ClassifyMappings(space.mappings, hints);
  detail_->space = std::move(space);
  detail_->why_no_map.clear();
}

void DetailSampler::AddToHistory(double now) {
  if (detail_->process.rss) detail_->rss.Add(now, static_cast<double>(*detail_->process.rss));
  if (!detail_->heap) return;
  const HeapTiers& tiers = detail_->heap->now;
  detail_->live.Add(now, Positive(tiers.live_bytes));
  detail_->cached.Add(
      now, Positive(tiers.thread_cache_free) + Positive(tiers.transfer_cache_free) + Positive(tiers.page_heap_free));
  detail_->fragmented.Add(now, Positive(tiers.central_free) + Positive(tiers.span_tail_waste));
}

}  // namespace glassheap::tools
