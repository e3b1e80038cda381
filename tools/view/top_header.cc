// Tested by tests/tools/view/top_header_test.cc.

#include "tools/view/top_header.h"

#include <time.h>

#include <algorithm>
#include <cstdio>

#include "tools/view/sanitize.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr size_t kGap = 3;            // between parts of a line
constexpr size_t kMaxBar = 60;        // wider tells no more
constexpr double kHighPressure = 10;  // percent of time stalled on memory

template <typename... Arguments>
std::string Format(const char* format, Arguments... arguments) {
  char text[96];
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

StyledLine PressurePart(const Machine& machine) {
  if (!machine.pressure) return {};
  const bool high = machine.pressure->some_avg10 >= kHighPressure;
  return {{Format("pressure some %.1f full %.1f", machine.pressure->some_avg10, machine.pressure->full_avg10),
           high ? Style::kWarning : Style::kPlain}};
}

std::string OfTotal(uint64_t part, uint64_t total) { return FineBytes(part) + "/" + FineBytes(total); }

StyledLine MemoryBar(const SystemMemory& memory, size_t width, Glyphs glyphs) {
  const uint64_t beside = memory.total - std::min(memory.total, memory.used + memory.free);
  return Bar("Mem", {{memory.used, Style::kUsed, "|", "█"}, {beside, Style::kCache, ":", "▒"}}, memory.total,
             OfTotal(memory.used, memory.total), width, glyphs);
}

StyledLine SwapBar(const SystemMemory& memory, size_t width, Glyphs glyphs) {
  const std::string figures = memory.swap_total == 0 ? "no swap" : OfTotal(memory.swap_used, memory.swap_total);
  return Bar("Swp", {{memory.swap_used, Style::kSwap, "|", "█"}}, memory.swap_total, figures, width, glyphs);
}

}  // namespace

StyledLine Bar(const std::string& label, const std::vector<BarPart>& parts, uint64_t total, const std::string& figures,
               size_t width, Glyphs glyphs) {
  const size_t frame = label.size() + 3;  // " [" and "]"
  const size_t needed = frame + figures.size() + 1;
  const size_t cells = width > needed ? width - needed : 0;
  StyledLine line = {{label + " ["}};
  size_t drawn = 0;
  for (const BarPart& part : parts) {
    const double share = total == 0 ? 0 : static_cast<double>(part.amount) / static_cast<double>(total);
    const size_t length = std::min(cells - drawn, static_cast<size_t>(share * static_cast<double>(cells) + 0.5));
    std::string text;
    for (size_t i = 0; i < length; ++i) text += glyphs == Glyphs::kUnicode ? part.unicode : part.ascii;
    if (length > 0) line.push_back({text, part.style});
    drawn += length;
  }
  line.push_back({std::string(cells - drawn, ' ')});
  line.push_back({" " + figures + "]"});
  return line;
}

std::vector<StyledLine> TopHeader(const Machine& machine, size_t width, Glyphs glyphs) {
  const size_t bar = std::min(kMaxBar, std::max<size_t>(width / 2, 38));
  const StyledLine title = {{"memtop", Style::kStrong}, {" " + Clock(machine.realtime_seconds)}};
  return {
      Join({title, TasksPart(machine), HeapsPart(machine), LoadPart(machine), UptimePart(machine)}, width),
      Join({MemoryBar(machine.memory, std::min(bar, width), glyphs), PressurePart(machine)}, width),
      Join({SwapBar(machine.memory, std::min(bar, width), glyphs),
            {{"available " + FineBytes(machine.memory.available)}}},
           width),
  };
}

}  // namespace glassheap::tools
