// The panes of memtop's detail view, each from one process' figures.

#include "tools/view/top/detail.h"

#include <gtest/gtest.h>

#include "tests/support/top_frame.h"
#include "tools/view/sanitize.h"
#include "tools/view/top/detail_panes.h"

namespace glassheap::tools {
namespace {

using testing::PressOf;

constexpr int64_t kMiB = 1 << 20;

ProcessDetail ADetail() {
  ProcessDetail detail;
  detail.process = testing::MakeTopFrame().processes[2];
  detail.heap.emplace();
  detail.heap->now.live_bytes = 60 * kMiB;
  detail.heap->now.mapped = 100 * kMiB;
  detail.seconds = 104;
  for (int second = 0; second < 5; ++second) detail.rss.Add(100 + second, 1.0 * kMiB * (80 + second));
  return detail;
}

std::string TextOf(const PaneLines& lines) {
  std::string text;
  for (const StyledLine& line : lines) text += PlainText(line) + "\n";
  return text;
}

bool Has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(ResidentPane, IsTheWaterfallWithItsAge) {
  ProcessDetail detail = ADetail();
  EXPECT_EQ(TextOf(ResidentPane(detail, 80, Glyphs::kAscii)), "its pages are being read\n");
  Resident& resident = detail.resident.emplace();
  resident.source = TierSource::kExact;
  resident.rss = 80 * kMiB;
  resident.now.live_touched.present = 60 * kMiB;
  resident.now.central_free.present = 20 * kMiB;
  detail.resident_seconds = 101;
  detail.resident_took = 0.012;
  const std::string text = TextOf(ResidentPane(detail, 100, Glyphs::kAscii));
  EXPECT_TRUE(Has(text, "RSS 80.0Mi   tier: exact   read 3 s ago, in 12 ms\n")) << text;
  EXPECT_TRUE(Has(text, "live, touched")) << text;
  EXPECT_TRUE(Has(text, "75.0 %")) << text;
  EXPECT_TRUE(Has(text, "central: span free slots")) << text;
  detail.why_no_resident = "permission denied";
  EXPECT_TRUE(Has(TextOf(ResidentPane(detail, 100, Glyphs::kAscii)), "not read again: permission denied"));
}

TEST(ResidentPane, SaysWhyThereIsNone) {
  ProcessDetail detail = ADetail();
  detail.why_no_resident = "pid 1: permission\x1b denied";
  EXPECT_EQ(TextOf(ResidentPane(detail, 80, Glyphs::kAscii)), "pid 1: permission\\x1b denied\n");
  detail.why_no_resident.clear();
  detail.heap.reset();
  detail.why_no_heap = "No glassheap heap";
  EXPECT_EQ(TextOf(ResidentPane(detail, 80, Glyphs::kAscii)), "No glassheap heap\n");
}

TEST(DetailPanes, ASentenceIsNotCut) {
  ProcessDetail detail = ADetail();
  detail.heap.reset();
  detail.why_no_heap = "No glassheap heap can be seen: it does not run under glassheap";
  EXPECT_EQ(TextOf(ClassesPane(detail, 30, Glyphs::kAscii)),
            "No glassheap heap can be seen:\nit does not run under\nglassheap\n");
  EXPECT_EQ(TextOf(ClassesPane(detail, 1, Glyphs::kAscii)).find("No\nglassheap\nheap\n"), 0u);
}

TEST(HistoryPane, IsWhatTheProcessWroteDown) {
  ProcessDetail detail = ADetail();
  EXPECT_FALSE(Has(TextOf(HistoryPane(detail, 80, Glyphs::kAscii)), "TIME"));
  for (int second = 0; second < 120; ++second) {
    HistoryEntry entry;
    entry.seconds = second;
    entry.tiers.live_bytes = second * kMiB;
    entry.tiers.mapped = 200 * kMiB;
    detail.heap_history.push_back(entry);
  }
  const std::string text = TextOf(HistoryPane(detail, 80, Glyphs::kAscii));
  EXPECT_TRUE(Has(text, "  live ")) << text;
  EXPECT_TRUE(Has(text, "most 119Mi")) << text;
  EXPECT_TRUE(Has(text, "since this view was opened")) << text;
  EXPECT_TRUE(Has(text, "  RSS ")) << text;
}

TEST(DetailView, EveryPaneHasItsKeyAndReadsOnlyWhatItShows) {
  TopFrame frame = testing::MakeTopFrame();
  frame.detail = ADetail();
  TopState state = testing::MakeTopState();
  EXPECT_EQ(DetailNeedsOf(state), kDetailNothing) << "no view, nothing is read";
  state.detail = DetailView{{4242, 5242, "redis-server"}, 0, 0};
  unsigned needs = 0;
  for (size_t pane = 0; pane < DetailPanes().size(); ++pane) {
    ASSERT_TRUE(HandleDetail(PressOf(std::to_string(pane + 1)), 24, frame, state));
    EXPECT_EQ(state.detail->pane, pane);
    EXPECT_EQ(DetailNeedsOf(state), DetailPanes()[pane].needs);
    needs |= DetailNeedsOf(state);
  }
  EXPECT_EQ(needs, unsigned{kDetailMap | kDetailResident | kDetailHistory});
  ASSERT_TRUE(HandleDetail(PressOf("Tab"), 24, frame, state));
  EXPECT_EQ(state.detail->pane, 0u) << "round";
  ASSERT_TRUE(HandleDetail(PressOf("Esc"), 24, frame, state));
  EXPECT_FALSE(state.detail);
}

TEST(DetailView, NamesOfPanesGiveWayOnANarrowScreen) {
  TopFrame frame = testing::MakeTopFrame();
  frame.detail = ADetail();
  const DetailView view{{4242, 5242, "redis-server"}, 1, 0};
  const auto tabs = [&](size_t width) {
    Screen screen(width, 24);
    DrawDetail(view, frame, Glyphs::kAscii, screen);
    std::string row;
    for (size_t column = 0; column < width; ++column) row += screen.At(1, column).text;
    return row;
  };
  EXPECT_TRUE(Has(tabs(80), " 1 memory  2 resident  3 classes  4 threads  5 history  6 map    Esc: back"));
  EXPECT_TRUE(Has(tabs(40), " 1  2 resident  3  4  5  6    Esc: back"));
}

}  // namespace
}  // namespace glassheap::tools
