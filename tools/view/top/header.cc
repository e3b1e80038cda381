// Tested by tests/tools/view/top/header_test.cc.

#include "tools/view/top/header.h"

#include <time.h>

#include <algorithm>
#include <cstdio>

#include "tools/view/sanitize.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr size_t kGap = 3;      // between parts of a line
constexpr size_t kMaxBar = 60;  // wider tells no more
constexpr size_t kMinBar = 38;
constexpr size_t kSparkCells = 20;    // nine seconds each
constexpr double kHighPressure = 10;  // percent of time stalled on memory

template <typename... Arguments>
std::string Format(const char* format, Arguments... arguments) {
  char text[128];
  std::snprintf(text, sizeof text, format, arguments...);
  return text;
}

std::string Clock(double realtime_seconds) {
  const auto seconds = static_cast<time_t>(realtime_seconds);
  tm local{};
  ::localtime_r(&seconds, &local);
  return Format("%02d:%02d:%02d", local.tm_hour, local.tm_min, local.tm_sec);
}

// Parts side by side; those that no longer fit are left out.
StyledLine Join(const std::vector<StyledLine>& parts, size_t width) {
  StyledLine line;
  for (const StyledLine& part : parts) {
    if (part.empty()) continue;
    const size_t gap = line.empty() ? 0 : kGap;
    if (DisplayWidth(line) + gap + DisplayWidth(part) > width) continue;
    if (gap > 0) line.push_back({std::string(gap, ' ')});
    line.insert(line.end(), part.begin(), part.end());
  }
  return line;
}

StyledLine UptimePart(const Machine& machine) {
  if (!machine.uptime_seconds) return {};
  return {{"up " + HumanSeconds(static_cast<double>(static_cast<int64_t>(*machine.uptime_seconds)))}};
}

StyledLine LoadPart(const Machine& machine) {
  if (!machine.load) return {};
  return {{Format("load %.2f %.2f %.2f", (*machine.load)[0], (*machine.load)[1], (*machine.load)[2])}};
}

StyledLine TasksPart(const Machine& machine) {
  std::string text = "tasks " + std::to_string(machine.tasks);
  if (machine.hidden > 0) text += " (" + std::to_string(machine.hidden) + " hidden)";
  return {{text}};
}

StyledLine HeapsPart(const Machine& machine) {
  const HeapTotals& heaps = machine.heaps;
  if (heaps.processes == 0) return {{"heaps: 0", Style::kDim}};
  return {{"heaps: " + std::to_string(heaps.processes), Style::kHeap},
          {"  live " + FineSignedBytes(heaps.live) + "  cached " + FineSignedBytes(heaps.cached) + "  frag " +
               FineSignedBytes(heaps.fragmented),
           Style::kHeap}};
}

StyledLine Spark(const Series& series, double full, Style style, const HeaderLook& look) {
  if (series.empty()) return {};
  return {{Sparkline(series.Cells(kSparkCells), full, look.glyphs), style}};
}

StyledLine PressurePart(const Machine& machine) {
  if (!machine.pressure) return {};
  const bool high = machine.pressure->some_avg10 >= kHighPressure;
  return {{Format("pressure some %.1f full %.1f", machine.pressure->some_avg10, machine.pressure->full_avg10),
           high ? Style::kWarning : Style::kPlain}};
}

std::string OfTotal(uint64_t part, uint64_t total) { return FineBytes(part) + "/" + FineBytes(total); }

// What fills the bar by kind: programs, shared memory (which the kernel counts as cache), buffers, other cache.
struct Kinds {
  uint64_t programs;
  uint64_t shared;
  uint64_t buffers;
  uint64_t cache;
};

Kinds KindsOf(const SystemMemory& memory) {
  const uint64_t shared = std::min(memory.shared, memory.cache);
  const uint64_t beside = memory.free + memory.buffers + memory.cache;
  return {memory.total - std::min(memory.total, beside), shared, memory.buffers, memory.cache - shared};
}

size_t BarWidth(const HeaderLook& look) {
  return std::min(look.width, std::min(kMaxBar, std::max<size_t>(look.width / 2, kMinBar)));
}

StyledLine MemoryMeter(const SystemMemory& memory, const HeaderLook& look) {
  const Kinds kinds = KindsOf(memory);
  if (look.meters == MeterStyle::kFigures) {
    return {{"Mem " + OfTotal(memory.used, memory.total) + "  "},
            {"shared " + FineBytes(kinds.shared) + "  ", Style::kShared},
            {"buffers " + FineBytes(kinds.buffers) + "  ", Style::kBuffers},
            {"cache " + FineBytes(kinds.cache), Style::kCache}};
  }
  return Bar("Mem",
             {{kinds.programs, Style::kUsed, "|", "█"},
              {kinds.shared, Style::kShared, "s", "▓"},
              {kinds.buffers, Style::kBuffers, "b", "▒"},
              {kinds.cache, Style::kCache, ":", "░"}},
             memory.total, OfTotal(memory.used, memory.total), BarWidth(look), look.glyphs);
}

StyledLine SwapMeter(const SystemMemory& memory, const HeaderLook& look) {
  const std::string figures = memory.swap_total == 0 ? "no swap" : OfTotal(memory.swap_used, memory.swap_total);
  if (look.meters == MeterStyle::kFigures) return {{"Swp " + figures}};
  return Bar("Swp", {{memory.swap_used, Style::kSwap, "|", "█"}}, memory.swap_total, figures, BarWidth(look),
             look.glyphs);
}

// The limit that holds for this session: usage without the page cache that goes first.
StyledLine CgroupMeter(const CgroupMemory& cgroup, const HeaderLook& look) {
  const uint64_t used = cgroup.working_set.value_or(cgroup.usage.value_or(0));
  const uint64_t usage = std::max(cgroup.usage.value_or(used), used);
  const std::string figures = OfTotal(used, *cgroup.limit);
  if (look.meters == MeterStyle::kFigures) return {{"Cgr " + figures}};
  return Bar("Cgr", {{used, Style::kUsed, "|", "█"}, {usage - used, Style::kCache, ":", "░"}}, *cgroup.limit, figures,
             BarWidth(look), look.glyphs);
}

StyledLine CgroupLine(const CgroupMemory& cgroup, const HeaderLook& look) {
  std::vector<StyledLine> parts = {CgroupMeter(cgroup, look)};
  if (cgroup.remaining) {
    const bool low = *cgroup.remaining < *cgroup.limit / 10;
    parts.push_back({{FineBytes(*cgroup.remaining) + " left", low ? Style::kWarning : Style::kPlain}});
  }
  if (cgroup.oom_kills.value_or(0) > 0) {
    parts.push_back({{"OOM kills " + std::to_string(*cgroup.oom_kills), Style::kWarning}});
  }
  parts.push_back({{SanitizeText(cgroup.limit_path.value_or("a limit above " + cgroup.path)), Style::kDim}});
  return Join(parts, look.width);
}

}  // namespace

std::vector<StyledLine> TopHeader(const Machine& machine, const TopHistory& history, const HeaderLook& look) {
  const SystemMemory& memory = machine.memory;
  const StyledLine title = {{"memtop", Style::kStrong}, {" " + Clock(machine.realtime_seconds)}};
  const double most_live = std::max(history.live.Largest(), 1.0);
  std::vector<StyledLine> lines = {
      Join({title, TasksPart(machine), HeapsPart(machine),
            machine.heaps.processes > 0 ? Spark(history.live, most_live, Style::kHeap, look) : StyledLine{},
            LoadPart(machine), UptimePart(machine)},
           look.width)};
  if (look.meters == MeterStyle::kNone) return lines;
  lines.push_back(Join({MemoryMeter(memory, look), PressurePart(machine),
                        Spark(history.used, static_cast<double>(memory.total), Style::kUsed, look)},
                       look.width));
  lines.push_back(
      Join({SwapMeter(memory, look),
            {{"available " + FineBytes(memory.available)}},
            machine.pressure ? Spark(history.pressure, 100, Style::kWarning, look) : StyledLine{},
            memory.swap_total > 0 ? Spark(history.swapped, static_cast<double>(memory.swap_total), Style::kSwap, look)
                                  : StyledLine{}},
           look.width));
  if (machine.cgroup && machine.cgroup->limit) lines.push_back(CgroupLine(*machine.cgroup, look));
  return lines;
}

}  // namespace glassheap::tools
