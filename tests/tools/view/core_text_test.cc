#include "tools/view/core_text.h"

#include <gtest/gtest.h>

#include "tests/support/fake_region.h"
#include "tests/support/golden.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::BytesOf;
using glassheap::testing::ExpectGolden;
using glassheap::testing::MakeFakeHeap;

CoreReport Report() {
  CoreReport report;
  report.name = "redis-server";
  report.arguments = "redis-server *:6379";
  report.signal = 11;
  report.pid = 4242;
  report.heap = *MakeHeap(*RegionImage::Parse(BytesOf(*MakeFakeHeap(4242))));
  report.heap.peak = HeapPeak{report.heap.now, 44};
  report.heap.peak->tiers.mapped *= 2;
  for (int i = 0; i < 30; ++i) {
    HistoryEntry entry = {double(i), report.heap.now, static_cast<uint64_t>(i) << 20};
    entry.tiers.live_bytes -= (29 - i) * 30'000;
    entry.tiers.mapped -= (29 - i) * 30'000;
    report.history.push_back(entry);
  }
  return report;
}

std::string FirstLine(const CoreReport& report) {
  const std::string text = CoreText(report);
  return text.substr(0, text.find('\n'));
}

TEST(CoreText, WhoDiedOfWhatAndItsLastMinutes) { ExpectGolden("core_text", CoreText(Report())); }

TEST(CoreText, WithoutNotes) {
  CoreReport report = Report();
  report.name = report.arguments = "";
  report.signal.reset();
  report.pid.reset();
  EXPECT_EQ(FirstLine(report), "a program was dumped alive");
}

TEST(CoreText, UnknownSignalsAreNumbers) {
  CoreReport report = Report();
  report.signal = 99;
  EXPECT_EQ(FirstLine(report), "redis-server (4242) died of signal 99   redis-server *:6379");
}

TEST(CoreText, NamesAreMadeHarmless) {
  CoreReport report = Report();
  report.name = "\x1b[31mred";
  report.arguments = "a\nb\x07";
  for (const char c : FirstLine(report)) EXPECT_GE(c, ' ');
  EXPECT_NE(FirstLine(report).find("[31mred (4242) died of SIGSEGV"), std::string::npos) << FirstLine(report);
}

}  // namespace
}  // namespace glassheap::tools
