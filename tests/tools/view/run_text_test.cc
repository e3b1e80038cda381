#include "tools/view/run_text.h"

#include <gtest/gtest.h>

#include "tests/support/fake_region.h"
#include "tests/support/golden.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::BytesOf;
using glassheap::testing::ExpectGolden;
using glassheap::testing::MakeFakeHeap;

RunReport Report() {
  RunReport report;
  report.command = "redis-server --port 0";
  report.exit_status = 0;
  report.wall_seconds = 61.2;
  report.user_seconds = 48.13;
  report.system_seconds = 6.3;
  report.max_rss = 1299227607;
  report.minor_faults = 412'000;
  report.preloaded = true;
  report.heap = *MakeHeap(*RegionImage::Parse(BytesOf(*MakeFakeHeap())));
  report.peak = HeapPeak{report.heap->now, 44};
  report.peak->tiers.mapped *= 2;
  return report;
}

TEST(RunText, PeakBesideEnd) { ExpectGolden("run_text", RunText(Report())); }

TEST(RunText, WithoutAPeakOnlyTheEnd) {
  RunReport report = Report();
  report.peak.reset();
  report.other_processes = 3;
  ExpectGolden("run_text_no_peak", RunText(report));
}

TEST(RunText, DeathBySignalIsNamed) {
  RunReport report = Report();
  report.exit_status.reset();
  report.term_signal = 9;
  EXPECT_NE(RunText(report).find("was killed by SIGKILL after"), std::string::npos);
}

TEST(RunText, SaysWhyThereIsNoHeap) {
  RunReport report;
  report.command = "printf 'a\nb'";
  report.exit_status = 3;
  report.not_preloaded_because = "/bin/x is a static binary";
  EXPECT_EQ(RunText(report),
            "glassheap: printf 'a b' exited 3 after 0.00 s (user 0.00 s, "
            "system 0.00 s), peak RSS 0, 0 faults\n"
            "  glassheap did not get in: /bin/x is a static binary\n");
}

// As of firefox, whose malloc is its own: a table of zeros looked like a program without a heap.
TEST(RunText, SaysThatNothingWasAllocated) {
  constexpr char kLine[] = "\n  nothing was allocated from it: ";
  RunReport report = Report();
  EXPECT_EQ(RunText(report).find(kLine), std::string::npos);
  report.heap->now = {.metadata = 380, .region_slack = 20, .mapped = 400};
  EXPECT_NE(RunText(report).find(kLine), std::string::npos);
}

}  // namespace
}  // namespace glassheap::tools
