#include "tools/view/compare_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/golden.h"
#include "tools/view/compare_plot.h"

namespace glassheap::tools {
namespace {

using testing::ExpectGolden;

RunFigures Figures(double wall, double rss) {
  RunFigures figures;
  figures.wall_seconds = wall;
  figures.user_seconds = wall * 0.8;
  figures.system_seconds = wall * 0.1;
  figures.max_rss = rss;
  figures.minor_faults = rss / 4096;
  figures.context_switches = 12;
  figures.per_second = 1000 / wall;
  return figures;
}

Comparison Example() {
  Comparison comparison;
  comparison.command = "python3 -c 'print(1)\x1b[31m'";
  comparison.rounds = 3;
  comparison.output_compared = true;
  comparison.allocators.resize(4);
  const char* names[] = {"glibc", "jemalloc", "block", "broken"};
  for (int i = 0; i < 4; ++i) comparison.allocators[static_cast<size_t>(i)].name = names[i];
  comparison.allocators[0].rounds = {Figures(1.00, 20e6), Figures(1.02, 20e6), Figures(1.04, 20e6)};
  comparison.allocators[1].rounds = {Figures(1.01, 30e6), Figures(1.03, 30e6), Figures(1.05, 30e6)};
  comparison.allocators[2].rounds = {Figures(1.50, 25e6), Figures(1.51, 25e6), Figures(1.52, 25e6)};
  comparison.allocators[2].output_differs = true;
  comparison.allocators[3].failures = 1;
  comparison.allocators[3].why = "exit status 3: \x1b[2Jno";
  return comparison;
}

TEST(CompareText, Table) { ExpectGolden("compare_text", CompareText(Example())); }

TEST(CompareText, RateAndInterruption) {
  Comparison comparison = Example();
  comparison.rate_name = "requests";
  comparison.interrupted = true;
  comparison.allocators.resize(2);
  comparison.allocators[1].rounds.clear();
  ExpectGolden("compare_text_interrupted", CompareText(comparison));
}

TEST(CompareText, NothingWasMeasured) {
  Comparison comparison = Example();
  for (AllocatorRuns& runs : comparison.allocators) runs.rounds.clear();
  const std::string text = CompareText(comparison);
  EXPECT_NE(text.find("broken: failed 1 of 1 runs: exit status 3: \\x1b[2Jno\n  nothing was measured\n"), std::string::npos) << text;
  EXPECT_NE(CompareSvg(comparison).find("<svg"), std::string::npos);
}

TEST(CompareText, ShortRunsAndOneRound) {
  EXPECT_EQ(CompareValue(0.00512, FigureUnit::kSeconds), "5.1 ms");
  EXPECT_EQ(CompareValue(0.512, FigureUnit::kSeconds), "0.512 s");
  Comparison comparison = Example();
  comparison.rounds = 1;
  EXPECT_NE(CompareText(comparison).find("   1 round, interleaved"), std::string::npos);
}

TEST(CompareSvg, Picture) { ExpectGolden("compare.svg", CompareSvg(Example())); }

TEST(CompareJson, HasTheSchemaItPromises) {
  const auto json = nlohmann::json::parse(CompareJson(Example()));
  EXPECT_EQ(json["schema"], "glassheap.compare/1");
  EXPECT_EQ(json["command"], "python3 -c 'print(1)\x1b[31m'");
  EXPECT_EQ(json["rounds"], 3);
  ASSERT_EQ(json["allocators"].size(), 4u);
  const auto& glibc = json["allocators"][0];
  EXPECT_EQ(glibc["name"], "glibc");
  EXPECT_EQ(glibc["wall_seconds"]["min"], 1.00);
  EXPECT_EQ(glibc["wall_seconds"]["median"], 1.02);
  EXPECT_EQ(glibc["wall_seconds"]["max"], 1.04);
  EXPECT_TRUE(glibc["user_seconds"].is_number());
  EXPECT_TRUE(glibc["system_seconds"].is_number());
  EXPECT_EQ(glibc["max_rss"], 20'000'000);
  EXPECT_TRUE(glibc["minor_faults"].is_number_integer());
  EXPECT_EQ(glibc["failed"], false);
  EXPECT_FALSE(glibc.contains("per_second"));
  EXPECT_EQ(json["allocators"][2]["output_differs"], true);
  const auto& broken = json["allocators"][3];
  EXPECT_EQ(broken["failed"], true);
  EXPECT_TRUE(broken["wall_seconds"].is_null());
  EXPECT_TRUE(broken["max_rss"].is_null());
}

}  // namespace
}  // namespace glassheap::tools
