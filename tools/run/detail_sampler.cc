// Tested by tests/tools/run/detail_sampler_test.cc.

#include "tools/run/detail_sampler.h"

#include <string.h>

#include <algorithm>

#include "tools/read/stack_pointers.h"

namespace glassheap::tools {
namespace {

constexpr std::chrono::milliseconds kPatience{5000};
constexpr std::chrono::milliseconds kMapWait{50};
constexpr double kMapSeconds = 10;
constexpr char kNoHeap[] =
    "No glassheap heap can be seen: it does not run under glassheap (memstat run -- COMMAND), or it belongs to another "
    "user.";

double Positive(int64_t bytes) { return bytes > 0 ? static_cast<double>(bytes) : 0; }

}  // namespace

const ProcessDetail& DetailSampler::Sample(pid_t pid, uint64_t incarnation, const std::vector<Process>& processes,
                                           ProcessReader& reader, double now, bool with_map) {
  if (!detail_ || detail_->process.pid != pid || detail_->process.incarnation != incarnation) {
    detail_.emplace();
    detail_->process.pid = pid;
    detail_->process.incarnation = incarnation;
    region_ = RegionWatch();
    heap_window_.reset();
    map_asked_ = -1e9;
  }
  const auto found = std::ranges::find(processes, pid, &Process::pid);
  const bool there = found != processes.end() && found->incarnation == incarnation;
  detail_->ended = !there || found->state == 'Z';
  detail_->seconds = now;
  if (!there) return *detail_;
  if (!detail_->ended) {
    detail_->process = *found;
    ReadHeap(reader);
    AddToHistory(now);
    for (const SlowReader::Answer& answer : slow_.CollectReady(kPatience)) TakeMap(answer, reader);
    if (with_map) AskForMap(reader, now);
  }
  return *detail_;
}

void DetailSampler::ReadHeap(ProcessReader& reader) {
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
  // Most are read within a millisecond: then they are shown at once.
  for (const SlowReader::Answer& answer : slow_.CollectWithin(kMapWait)) TakeMap(answer, reader);
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
