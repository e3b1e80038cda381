// Tested by tests/tools/view/top/detail_test.cc.

#include "tools/view/top/detail_panes.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "tools/view/history_text.h"
#include "tools/view/map_text.h"
#include "tools/view/resident_text.h"
#include "tools/view/sanitize.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr size_t kLabel = 17;
constexpr size_t kFigure = 9;
constexpr size_t kShare = 9;

std::string Left(std::string text, size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}
std::string Right(const std::string& text, size_t width) {
  return std::string(width - std::min(width, text.size()), ' ') + text;
}

uint64_t Positive(int64_t bytes) { return bytes > 0 ? static_cast<uint64_t>(bytes) : 0; }

size_t BarRoom(size_t width, size_t beside) { return width > beside + 10 ? std::min<size_t>(width - beside, 60) : 10; }

StyledLine KernelLine(const char* label, std::optional<uint64_t> bytes, uint64_t whole, size_t width, Glyphs glyphs) {
  const uint64_t amount = bytes.value_or(0);
  return {{"  " + Left(label, kLabel) + Right(bytes ? FineBytes(*bytes) : "-", kFigure) + "  "},
          {PlainBar(amount, whole, BarRoom(width, kLabel + kFigure + 4), glyphs), Style::kUsed}};
}

void AddKernel(const Process& process, size_t width, Glyphs glyphs, PaneLines& lines) {
  const uint64_t whole = process.rss.value_or(0) + process.swap.value_or(0);
  lines.push_back(
      {{"The kernel counts " + (process.rss ? FineBytes(*process.rss) : "no") + " resident", Style::kStrong}});
  lines.push_back(KernelLine("anonymous", process.rss_anon, whole, width, glyphs));
  lines.push_back(KernelLine("files", process.rss_file, whole, width, glyphs));
  lines.push_back(KernelLine("shared memory", process.rss_shmem, whole, width, glyphs));
  lines.push_back(KernelLine("swapped out", process.swap, whole, width, glyphs));
  lines.push_back(KernelLine("page tables", process.page_tables, whole, width, glyphs));
  if (process.pss) {
    lines.push_back(KernelLine("PSS", process.pss, whole, width, glyphs));
    lines.push_back(KernelLine("USS", process.uss, whole, width, glyphs));
  }
}

// A tier's bar, from where the tiers before it end.
StyledLine TierLine(const Tier& tier, const Heap& heap, uint64_t before, size_t room, Glyphs glyphs) {
  const int64_t bytes = heap.now.*tier.value;
  const uint64_t mapped = Positive(heap.now.mapped);
  const auto scale = [&](uint64_t amount) {
    return mapped == 0 ? size_t{0}
                       : static_cast<size_t>(static_cast<double>(std::min(amount, mapped)) /
                                             static_cast<double>(mapped) * static_cast<double>(room));
  };
  const size_t start = std::min(scale(before), room > 0 ? room - 1 : 0);
  return {{"  " + Left(tier.label, kLabel) + Right(FineSignedBytes(bytes), kFigure) +
           Right(Percent(Positive(bytes), mapped), kShare) + "  "},
          {std::string(start, ' ')},
          {PlainBar(Positive(bytes), mapped, room - start, glyphs), Style::kHeap}};
}

void AddHeap(const Heap& heap, size_t width, Glyphs glyphs, PaneLines& lines) {
  lines.push_back({});
  lines.push_back(
      {{"Its heap is " + FineSignedBytes(heap.now.mapped) + " of address space", Style::kStrong},
       {std::string("   tier: ") + TierName(heap.source) +
            (heap.source == TierSource::kPublished ? ", live and thread caches to within " + FineBytes(heap.split_bound)
                                                   : ""),
        Style::kDim}});
  const size_t room = BarRoom(width, kLabel + kFigure + kShare + 5);
  uint64_t before = 0;
  for (const Tier& tier : kTiers) {
    lines.push_back(TierLine(tier, heap, before, room, glyphs));
    before += Positive(heap.now.*tier.value);
  }
  lines.push_back({{"  " + Left("residual", kLabel) + Right(FineSignedBytes(heap.now.residual), kFigure)},
                   {heap.now.residual == 0 ? "" : "   it moved while it was read", Style::kDim}});
  if (heap.peak) {
    lines.push_back({{"  peak: live " + FineSignedBytes(heap.peak->tiers.live_bytes) + " of " +
                      FineSignedBytes(heap.peak->tiers.mapped) + " mapped, " + HumanSeconds(heap.peak->seconds) +
                      " after its start"}});
  }
}

// A sentence on as many lines as it takes, parted at blanks.
PaneLines Sentence(std::string_view text, size_t width) {
  PaneLines lines;
  std::string line;
  const std::string clean = SanitizeText(text);
  for (size_t start = 0; start < clean.size();) {
    const size_t end = std::min(clean.find(' ', start), clean.size());
    const std::string word = clean.substr(start, end - start);
    if (!line.empty() && DisplayWidth(line) + 1 + DisplayWidth(word) > width) {
      lines.push_back({{std::exchange(line, ""), Style::kDim}});
    }
    line += (line.empty() ? "" : " ") + word;
    start = end + 1;
  }
  if (!line.empty()) lines.push_back({{std::move(line), Style::kDim}});
  return lines;
}

PaneLines NoHeap(const ProcessDetail& detail, size_t width) { return Sentence(detail.why_no_heap, width); }

StyledLine ClassLine(const HeapClass& one, uint64_t most, size_t room, Glyphs glyphs) {
  const uint64_t size = one.size;
  const uint64_t live = Positive(one.live_objects) * size;
  const uint64_t cached = (one.thread_cache_objects + one.transfer_cache_objects) * size;
  const uint64_t free = one.central_objects * size;
  StyledLine line = {{Right(std::to_string(size), 9) + Right(FineBytes(live), kFigure) +
                      Right(FineBytes(cached), kFigure) + Right(FineBytes(free), kFigure) +
                      Right(Percent(Positive(one.live_objects), one.slots), kShare) + "  "}};
  for (StyledText& part :
       BarCells({{live, Style::kHeap, "#", "█"}, {cached, Style::kCache, ":", "▒"}, {free, Style::kDim, ".", "░"}},
                most, room, glyphs)) {
    line.push_back(std::move(part));
  }
  return line;
}

uint64_t SlotBytes(const HeapClass& one) { return one.slots * one.size; }

StyledLine SeriesLine(const char* label, const Series& series, double full, size_t cells, Style style, Glyphs glyphs) {
  return {{"  " + Left(label, kLabel)},
          {Sparkline(series.Cells(cells), full, glyphs), style},
          {"  most " + FineBytes(static_cast<uint64_t>(series.Largest()))}};
}

void AddText(const std::string& text, PaneLines& lines) {
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    lines.push_back({{text.substr(start, end - start)}});
    start = end + 1;
  }
}

// "read 4 s ago, in 12 ms". Of a process that has ended it stays what it was.
std::string WhenRead(const ProcessDetail& detail) {
  const auto ago = static_cast<int>(std::max(detail.seconds - detail.resident_seconds, 0.0));
  const auto milliseconds = static_cast<int>(detail.resident_took * 1e3 + 0.5);
  return "read " + (ago == 0 ? std::string("now") : std::to_string(ago) + " s ago") + ", in " +
         std::to_string(milliseconds) + " ms";
}

// One figure of each entry, on a series as long as the history.
template <typename Figure>
Series SeriesOf(const HeapHistory& history, Figure figure) {
  Series series(history.back().seconds - history.front().seconds + 1);
  for (const HistoryEntry& entry : history) {
    series.Add(entry.seconds, static_cast<double>(std::max<int64_t>(figure(entry.tiers), 0)));
  }
  return series;
}

int64_t CachedOf(const HeapTiers& tiers) {
  return tiers.thread_cache_free + tiers.transfer_cache_free + tiers.page_heap_free;
}
int64_t FragmentedOf(const HeapTiers& tiers) { return tiers.central_free + tiers.span_tail_waste; }

// The sentence of history_text as a heading, three sparklines, and its table.
void AddOwnHistory(const HeapHistory& history, size_t cells, Glyphs glyphs, PaneLines& lines) {
  const Series live = SeriesOf(history, [](const HeapTiers& tiers) { return tiers.live_bytes; });
  const Series cached = SeriesOf(history, CachedOf);
  const Series fragmented = SeriesOf(history, FragmentedOf);
  const double full = std::max({live.Largest(), cached.Largest(), fragmented.Largest()});
  PaneLines text;
  AddText(HistoryText(history), text);
  for (StyledText& part : text.front()) part.style = Style::kStrong;
  lines.push_back(std::move(text.front()));
  lines.push_back(SeriesLine("live", live, full, cells, Style::kHeap, glyphs));
  lines.push_back(SeriesLine("cached", cached, full, cells, Style::kCache, glyphs));
  lines.push_back(SeriesLine("fragmented", fragmented, full, cells, Style::kWarning, glyphs));
  lines.insert(lines.end(), std::make_move_iterator(text.begin() + 1), std::make_move_iterator(text.end()));
}

void AddSinceOpened(const ProcessDetail& detail, size_t cells, Glyphs glyphs, PaneLines& lines) {
  const double full = std::max(detail.rss.Largest(), detail.live.Largest());
  lines.push_back(
      {{"the last " + std::to_string(static_cast<int>(detail.rss.window())) + " seconds, since this view was opened",
        Style::kStrong}});
  lines.push_back(SeriesLine("RSS", detail.rss, full, cells, Style::kUsed, glyphs));
  if (!detail.heap || detail.heap_history.size() > 1) return;
  lines.push_back(SeriesLine("live", detail.live, full, cells, Style::kHeap, glyphs));
  lines.push_back(SeriesLine("cached", detail.cached, full, cells, Style::kCache, glyphs));
  lines.push_back(SeriesLine("fragmented", detail.fragmented, full, cells, Style::kWarning, glyphs));
}

}  // namespace

PaneLines MemoryPane(const ProcessDetail& detail, size_t width, Glyphs glyphs) {
  PaneLines lines;
  AddKernel(detail.process, width, glyphs, lines);
  if (detail.heap) {
    AddHeap(*detail.heap, width, glyphs, lines);
  } else {
    lines.push_back({});
    for (StyledLine& line : NoHeap(detail, width)) lines.push_back(std::move(line));
  }
  return lines;
}

PaneLines ClassesPane(const ProcessDetail& detail, size_t width, Glyphs glyphs) {
  if (!detail.heap) return NoHeap(detail, width);
  uint64_t most = 0;
  for (const HeapClass& one : detail.heap->classes) most = std::max(most, SlotBytes(one));
  PaneLines lines = {{{"     SIZE     LIVE   CACHED     FREE   IN USE  ", Style::kStrong},
                      {"# live ", Style::kHeap},
                      {": cached ", Style::kCache},
                      {". free slots of spans", Style::kDim}}};
  for (const HeapClass& one : detail.heap->classes) {
    if (one.spans > 0) lines.push_back(ClassLine(one, most, BarRoom(width, 47), glyphs));
  }
  if (lines.size() == 1) lines.push_back({{"  no spans are in use", Style::kDim}});
  return lines;
}

PaneLines ThreadsPane(const ProcessDetail& detail, size_t width, Glyphs glyphs) {
  if (!detail.heap) return NoHeap(detail, width);
  uint64_t most = 0;
  for (const HeapThread& thread : detail.heap->threads) most = std::max(most, thread.thread_cache_free);
  PaneLines lines = {{{"      TID   CACHED    ALLOCATED", Style::kStrong}}};
  for (const HeapThread& thread : detail.heap->threads) {
    lines.push_back({{Right(std::to_string(thread.tid), 9) + Right(FineBytes(thread.thread_cache_free), kFigure) +
                      Right(FineBytes(thread.allocated_bytes_total), 13) + "  "},
                     {PlainBar(thread.thread_cache_free, most, BarRoom(width, 33), glyphs), Style::kCache}});
  }
  return lines;
}

PaneLines ResidentPane(const ProcessDetail& detail, size_t width, Glyphs) {
  if (!detail.resident) {
    if (!detail.why_no_resident.empty()) return Sentence(detail.why_no_resident, width);
    return detail.heap ? PaneLines{{{"its pages are being read", Style::kDim}}} : NoHeap(detail, width);
  }
  const Resident& resident = *detail.resident;
  PaneLines lines = {{{"RSS " + FineSignedBytes(resident.rss), Style::kStrong},
                      {std::string("   tier: ") + TierName(resident.source) + "   " + WhenRead(detail), Style::kDim}}};
  for (StyledLine& line : ResidentLines(resident, width)) lines.push_back(std::move(line));
  if (!detail.why_no_resident.empty()) {
    lines.push_back({{"  not read again: " + SanitizeText(detail.why_no_resident), Style::kWarning}});
  }
  return lines;
}

PaneLines HistoryPane(const ProcessDetail& detail, size_t width, Glyphs glyphs) {
  const size_t cells = width > kLabel + 20 ? std::min<size_t>(width - kLabel - 20, 100) : 10;
  PaneLines lines;
  if (detail.heap_history.size() > 1) {
    AddOwnHistory(detail.heap_history, cells, glyphs, lines);
    lines.push_back({});
  }
  AddSinceOpened(detail, cells, glyphs, lines);
  return lines;
}

PaneLines MapPane(const ProcessDetail& detail, size_t width, Glyphs) {
  if (!detail.space) {
    return Sentence(detail.why_no_map.empty() ? "its address space is being read" : detail.why_no_map, width);
  }
  PaneLines lines;
  AddText(MapText(*detail.space, {}), lines);
  return lines;
}

}  // namespace glassheap::tools
