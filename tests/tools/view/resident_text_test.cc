// The views of the waterfall, of fragmentation and of the map: text, JSON and SVG of the same values.

#include "tools/view/resident_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tools/view/heap_svg.h"
#include "tools/view/json.h"

namespace glassheap::tools {
namespace {

constexpr int64_t kMiB = 1 << 20;

Resident AResident() {
  Resident resident;
  resident.source = TierSource::kExact;
  resident.now.live_touched = {80 * kMiB, 60 * kMiB, 2 * kMiB, 0};
  resident.now.internal_frag_est = {2 * kMiB, kMiB, 0, 0};
  resident.now.central_free = {30 * kMiB, 20 * kMiB, 0, 0};
  resident.now.files = {40 * kMiB, 10 * kMiB, 0, 0};
  resident.now.stacks = {kMiB, 4096, 0, 0};
  resident.internal_frag_max = 3 * kMiB;
  resident.live_untouched = 19 * kMiB;
  resident.swapped = 2 * kMiB;
  resident.rss = 91 * kMiB + 4096 - 8192;
  resident.unattributed = -8192;
  return resident;
}

HeapReport AReport() {
  HeapReport report;
  report.pid = 4242;
  report.status.name = "redis<\x1b[2J";
  report.resident = AResident();
  ClassFragmentation one;
  one.size = 64;
  one.spans = 3;
  one.slots = 1536;
  one.free_slots = 1000;
  one.free_bytes = 64000;
  one.pinned_bytes = 60000;
  one.occupancy[0] = 2;
  one.occupancy[7] = 1;
  report.fragmentation = {one};
  report.map = HeapMap{uint64_t{1} << 40, 8192, {MapCell::kLive, MapCell::kLive, MapCell::kReleased}};
  return report;
}

std::vector<std::string> Lines(const Resident& resident, size_t width) {
  std::vector<std::string> lines;
  for (const StyledLine& line : ResidentLines(resident, width)) lines.push_back(PlainText(line));
  return lines;
}

TEST(ResidentLines, ABarBeginsWhereTheOneBeforeEnded) {
  const std::vector<std::string> lines = Lines(AResident(), 120);
  ASSERT_EQ(lines.size(), 7u);  // five buckets have something
  size_t end = 2;
  for (size_t i = 0; i < 5; ++i) {
    const size_t first = lines[i].find('#');
    EXPECT_LE(first, end) << lines[i];
    EXPECT_GE(first + 1, end) << lines[i];
    end = lines[i].find_first_not_of('#', first);
  }
  EXPECT_NE(lines[0].find("live, touched"), std::string::npos);
  EXPECT_NE(lines[0].find("60.0Mi  65.9 %"), std::string::npos);
  EXPECT_NE(lines[1].find("estimate; at most 3.00Mi"), std::string::npos);
  EXPECT_EQ(lines[5], "  unattributed -8.00Ki, 0.0 %");
  EXPECT_EQ(lines[6], "  not in RSS: live but never touched 19.0Mi, swapped out 2.00Mi");
}

TEST(ResidentLines, FitTheWidth) {
  for (const size_t width : {60, 80, 90, 110, 200}) {
    for (size_t i = 0; i + 2 < Lines(AResident(), width).size(); ++i) {
      EXPECT_LE(Lines(AResident(), width)[i].size(), width);
    }
  }
  EXPECT_EQ(Lines(AResident(), 40)[0].find('#'), std::string::npos);  // no bars
}

TEST(ResidentLines, PublishedSaysBetweenWhatAndWhat) {
  Resident resident = AResident();
  resident.source = TierSource::kPublished;
  for (size_t i = 0; i < kResidentBucketCount; ++i) resident.bounds.push_back({kMiB, 70 * kMiB});
  const std::vector<std::string> lines = Lines(resident, 120);
  EXPECT_NE(lines[0].find("1.00Mi to 70.0Mi"), std::string::npos);
  EXPECT_EQ(lines[4].find("1.00Mi to"), std::string::npos);  // files are known
  EXPECT_NE(lines[6].find("never touched ~19.0Mi"), std::string::npos);
}

TEST(ResidentLines, WhatMovedAndWhatIsMissingIsSaid) {
  Resident resident = AResident();
  resident.moved = 4096;
  resident.complete = false;
  EXPECT_EQ(
      Lines(resident, 120)[5],
      "  unattributed -8.00Ki, 0.0 %; RSS moved by 4.00Ki while it was read; too many pages to look at all of them");
}

TEST(ResidentLines, NothingAtAll) { EXPECT_EQ(Lines(Resident(), 80).size(), 2u); }

TEST(SpansLines, TheMostPinnedFirst) {
  std::vector<ClassFragmentation> classes = AReport().fragmentation;
  classes.push_back(classes[0]);
  classes[1].size = 128;
  classes[1].pinned_bytes = 90000;
  const std::vector<std::string> lines = SpansLines(classes);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_NE(lines[1].find(" 128 "), std::string::npos);
  EXPECT_NE(lines[1].find("34.9 %"), std::string::npos);
  const std::vector<std::string> one = SpansLines(classes, 1);
  ASSERT_EQ(one.size(), 3u);
  EXPECT_EQ(one[2], "  and 1 classes more");
}

TEST(MapLines, ALetterACell) {
  const std::vector<std::string> lines = MapLines(*AReport().map, 2);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0], "  010000000000 ##");
  EXPECT_EQ(lines[1], "  010000004000 .");
  EXPECT_EQ(lines[2], "  a cell is 8.00Ki");
  EXPECT_EQ(lines[3].rfind("   # live  c cached", 0), 0u);
  for (const std::string& line : lines) EXPECT_LT(line.size(), 80u);
}

TEST(MapLines, RowsThatAreAlikeAreShownOnce) {
  HeapMap map = *AReport().map;
  map.cells.assign(100, MapCell::kReleased);
  const std::vector<std::string> lines = MapLines(map, 10);
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[1], "  *");
}

TEST(ResidentJson, BucketsAndUnattributedAreRss) {
  const auto json = nlohmann::json::parse(HeapJson(AReport()));
  int64_t sum = 0;
  for (const auto& [key, value] : json["resident"].items()) sum += value.get<int64_t>();
  EXPECT_EQ(sum, json["rss_measured"]);
  EXPECT_EQ(json["live_untouched"], 19 * kMiB);
  EXPECT_EQ(json["swapped"]["live_touched"], 2 * kMiB);
  EXPECT_TRUE(json["resident_bounds"].is_null());
  EXPECT_EQ(json["fragmentation"][0]["spans_by_eighths_in_use"], (std::vector<int>{2, 0, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(json["map"]["runs"], nlohmann::json::parse(R"([["live", 2], ["no memory behind it", 1]])"));
}

TEST(ResidentJson, WhatIsNotAvailableIsNull) {
  HeapReport report;
  report.no_resident_because = "no";
  const auto json = nlohmann::json::parse(HeapJson(report));
  EXPECT_TRUE(json["resident"].is_null());
  EXPECT_EQ(json["no_resident_because"], "no");
}

TEST(HeapSvg, ShowsTheSameRows) {
  const std::string svg = ResidentSvg(AReport());
  for (const char* part :
       {"redis&lt;\\x1b[2J (4242)", ">live, touched<", ">60.0Mi<", ">65.9 %<", ">unattributed -8.00Ki<"}) {
    EXPECT_NE(svg.find(part), std::string::npos) << part;
  }
  EXPECT_NE(HeapMapSvg(AReport()).find(">010000000000<"), std::string::npos);
}

}  // namespace
}  // namespace glassheap::tools
