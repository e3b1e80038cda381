// Tested by tests/tools/view/heap_text_test.cc.

#include "tools/view/heap_text.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

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

// "tier: published (live and thread caches are known to within 1.10Mi)"
std::string TierLine(const Heap& heap) {
  std::string line = std::string("tier: ") + TierName(heap.source);
  if (heap.source == TierSource::kPublished) {
    line += " (live and thread caches are known to within " + FineBytes(heap.split_bound) + ")";
  }
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

std::string TiersTable(const HeapTiers& tiers) {
  Table table({{"", Align::kLeft}, {""}, {""}, {"", Align::kLeft, kBarWidth}, {"", Align::kLeft}},
              {.indent = "  ", .show_header = false});
  table.AddRow({"mapped", FineSignedBytes(tiers.mapped), SignedPercent(tiers.mapped, tiers.mapped)});
  for (const Tier& tier : kTiers) {
    const int64_t value = tiers.*tier.value;
    table.AddRow({std::string("  ") + tier.label, FineSignedBytes(value), SignedPercent(value, tiers.mapped),
                  Bar(value, tiers.mapped), tier.note});
  }
  table.AddRow(
      {"  residual", FineSignedBytes(tiers.residual), "", "", tiers.residual == 0 ? "" : "it moved while it was read"});
  return table.Text();
}

std::string ClassesTable(const std::vector<HeapClass>& classes) {
  Table table({{"SIZE"}, {"LIVE"}, {"LIVE BYTES"}, {"SPANS"}, {"IN USE"}, {"THREADS"}, {"TRANSFER"}, {"CENTRAL"}},
              {.indent = "  "});
  for (const HeapClass& one : classes) {
    if (one.spans == 0) continue;
    const int64_t live_bytes = one.live_objects * static_cast<int64_t>(one.size);
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

}  // namespace

std::string HeapText(const HeapReport& report, const HeapTextOptions& options) {
  std::string text = SanitizeText(report.status.name) + " (" + std::to_string(report.pid) + ")   " +
                     KernelLine(report.status) + "\n" + TierLine(report.heap) + "\n" + TiersTable(report.heap.now);
  if (options.classes) text += "size classes\n" + ClassesTable(report.heap.classes);
  if (options.threads) text += "threads\n" + ThreadsTable(report.heap.threads);
  return text;
}

}  // namespace glassheap::tools
