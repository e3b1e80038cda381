// Tested by tests/tools/view/heap_text_test.cc.

#include "tools/view/heap_text.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "tools/view/history_text.h"
#include "tools/view/resident_text.h"
#include "tools/view/sanitize.h"
#include "tools/view/table.h"
#include "tools/view/units.h"

namespace glassheap::tools {
namespace {

constexpr int64_t kBarWidth = 24;

std::string Bar(int64_t part, int64_t whole) {
  if (part <= 0 || whole <= 0) return "";
  const double share = static_cast<double>(part) / static_cast<double>(whole);
  const auto filled = static_cast<int64_t>(share * kBarWidth + 0.5);
  return std::string(static_cast<size_t>(std::clamp<int64_t>(filled, 0, kBarWidth)), '#');
}

std::string SignedPercent(int64_t part, int64_t whole) {
  if (part < 0 || whole <= 0) return "-";
  return Percent(static_cast<uint64_t>(part), static_cast<uint64_t>(whole));
}

// "tier: published (live is 1.02Gi to 1.03Gi, the rest is in thread caches)"
std::string TierLine(const Heap& heap) {
  std::string line = std::string("tier: ") + TierName(heap.source);
  if (heap.live.low != heap.live.high) {
    line += " (live is " + FineSignedBytes(heap.live.low) + " to " + FineSignedBytes(heap.live.high) +
            ", the rest is in thread caches)";
  }
  if (heap.hardened) line += "; hardened: live includes guard pages and freed objects in quarantine";
  if (heap.unsettled_rows > 0) {
    line += "; " + std::to_string(heap.unsettled_rows) + " rows changed while they were read";
  }
  return line;
}

std::string KernelLine(const ProcessStatus& status) {
  return "RSS " + HumanBytes(status.rss) + "   anonymous " + HumanBytes(status.rss_anon) + "   files " +
         HumanBytes(status.rss_file) + "   shared " + HumanBytes(status.rss_shmem) + "   swapped out " +
         HumanBytes(status.swap);
}

std::string TiersTable(const Heap& heap) {
  const HeapTiers& tiers = heap.now;
  Table table({{"", Align::kLeft}, {""}, {""}, {"", Align::kLeft, kBarWidth}, {"", Align::kLeft}},
              {.indent = "  ", .show_header = false});
  table.AddRow({"mapped", FineSignedBytes(tiers.mapped), SignedPercent(tiers.mapped, tiers.mapped)});
  for (const Tier& tier : kTiers) {
    const int64_t value = tiers.*tier.value;
    table.AddRow({std::string("  ") + tier.label, FineSignedBytes(value), SignedPercent(value, tiers.mapped),
                  Bar(value, tiers.mapped), tier.note});
  }
  const std::string bound = "within " + FineBytes(heap.skew_bound) + ": what moved while it was read";
  table.AddRow({"  residual", FineSignedBytes(tiers.residual), "", "", heap.skew_bound == 0 ? "" : bound});
  return table.Text();
}

std::string ClassesTable(const std::vector<HeapClass>& classes) {
  Table table({{"SIZE"}, {"LIVE"}, {"LIVE BYTES"}, {"SPANS"}, {"IN USE"}, {"THREADS"}, {"TRANSFER"}, {"CENTRAL"}},
              {.indent = "  "});
  for (const HeapClass& one : classes) {
    if (one.spans == 0) continue;
    const auto live_bytes = static_cast<int64_t>(static_cast<uint64_t>(one.live_objects) * one.size);  // a lie wraps
    table.AddRow({std::to_string(one.size), std::to_string(one.live_objects), FineSignedBytes(live_bytes),
                  std::to_string(one.spans), SignedPercent(one.live_objects, static_cast<int64_t>(one.slots)),
                  std::to_string(one.thread_cache_objects), std::to_string(one.transfer_cache_objects),
                  std::to_string(one.central_objects)});
  }
  return table.Text();
}

std::string ThreadsTable(const std::vector<HeapThread>& threads) {
  Table table({{"TID"}, {"CACHED"}, {"ALLOCATED"}}, {.indent = "  "});
  for (const HeapThread& thread : threads) {
    table.AddRow(
        {std::to_string(thread.tid), FineBytes(thread.thread_cache_free), FineBytes(thread.allocated_bytes_total)});
  }
  return table.Text();
}

std::string JoinLines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

std::string ResidentText(const HeapReport& report, size_t width) {
  if (!report.resident) {
    if (report.no_resident_because.empty()) return "";
    return "RSS cannot be shared out: " + SanitizeText(report.no_resident_because) + "\n";
  }
  std::string text = "RSS " + FineSignedBytes(report.resident->rss) + ", by pages present";
  if (report.resident->source == TierSource::kPublished) {
    text += " (the heap's part shared out by its tiers: the memory may not be read; bounds beside)";
  }
  text += "\n";
  for (const StyledLine& line : ResidentLines(*report.resident, width)) text += PlainText(line) + "\n";
  return text;
}

constexpr char kNeedsExact[] =
    "  not available: it needs the right to attach (the same user and ptrace_scope 0, or root)\n";

std::string SpansText(const HeapReport& report) {
  const bool exact = report.resident && report.resident->source == TierSource::kExact;
  return exact ? JoinLines(SpansLines(report.fragmentation)) : kNeedsExact;
}

std::string MapText(const HeapReport& report, size_t width) {
  constexpr size_t kAddress = 15;
  if (!report.map) return kNeedsExact;
  // A power of two, so that rows begin at round addresses.
  size_t columns = 32;
  while (columns * 2 + kAddress <= width) columns *= 2;
  return JoinLines(MapLines(*report.map, columns));
}

}  // namespace

std::string HeapText(const HeapReport& report, const HeapTextOptions& options) {
  std::string text = SanitizeText(report.status.name) + " (" + std::to_string(report.pid) + ")   " +
                     KernelLine(report.status) + "\n" + TierLine(report.heap) + "\n" +
                     ResidentText(report, options.width) + "the heap's address space\n" + TiersTable(report.heap);
  if (options.classes) text += "size classes\n" + ClassesTable(report.heap.classes);
  if (options.threads) text += "threads\n" + ThreadsTable(report.heap.threads);
  if (options.spans) text += "spans, and what their free slots pin\n" + SpansText(report);
  if (options.map) text += "map of the heap\n" + MapText(report, options.width);
  if (report.history) {
    const std::string history = HistoryText(*report.history);
    text += history.empty() ? "no history yet: an entry is made a second at most, while it allocates\n" : history;
  }
  return text;
}

}  // namespace glassheap::tools
