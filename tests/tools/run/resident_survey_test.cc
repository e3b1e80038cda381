// The two tiers of the waterfall on one process at rest: what the exact tier measures lies between the published tier's
// bounds, and both add up to Rss.

#include "tools/run/resident_survey.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>

#include "tests/support/shell.h"
#include "tools/read/region_attach.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::Background;
using glassheap::testing::Program;

class ResidentSurveyTest : public ::testing::TestWithParam<std::vector<std::string>> {
 protected:
  ResidentSurveyTest() : process_(Command()) {
    ready_ = process_.ReadLine() == "ready";
    ::kill(process_.pid(), SIGSTOP);
    siginfo_t info;  // it takes a while on a busy machine
    ::waitid(P_PID, static_cast<id_t>(process_.pid()), &info, WSTOPPED | WEXITED | WNOWAIT);
  }
  ~ResidentSurveyTest() override { ::kill(process_.pid(), SIGKILL); }

  static std::vector<std::string> Command() {
    const auto absolute = [](const char* label) { return std::filesystem::absolute(Program(label)).string(); };
    std::vector<std::string> command = {"/usr/bin/env", "LD_PRELOAD=" + absolute("allocator/libglassheap.so"),
                                        absolute("tests/support/planted")};
    command.insert(command.end(), GetParam().begin(), GetParam().end());
    return command;
  }

  Resident Survey(const OpenedProcess& process, const RegionImage& image) {
    HeapReport report;
    report.pid = process_.pid();
    report.status = process.status;
    report.heap = *MakeHeap(image);
    SurveyResident(root_, process, image, 0, report);
    EXPECT_TRUE(report.resident) << report.no_resident_because;
    return report.resident.value_or(Resident());
  }

  Root root_;
  Background process_;
  bool ready_ = false;
};

// As the region of a process that may not be read looks to a tool: it cannot follow what LAYOUT says.
RegionImage WithoutLayout(RegionImage image) {
  const RegionSection& layout = *image.Section(abi::SectionKind::kLayout);
  const RegionCounter& size = *layout.Find("span_size");
  const std::span<std::byte> row = image.RowBytes(layout, 0);
  std::ranges::fill(row.subspan(size.offset, sizeof(uint64_t)), std::byte{0});
  return image;
}

TEST_P(ResidentSurveyTest, WhatIsMeasuredLiesBetweenTheBounds) {
  ASSERT_TRUE(ready_);
  const Result<OpenedProcess> process = OpenProcess(root_, process_.pid());
  ASSERT_TRUE(process);
  const Result<AttachedRegion> region = AttachRegion(process->directory, process_.pid());
  ASSERT_TRUE(region) << region.error().Text();
  const Resident exact = Survey(*process, region->image);
  const Resident published = Survey(*process, WithoutLayout(region->image));
  ASSERT_EQ(exact.source, TierSource::kExact);
  ASSERT_EQ(published.source, TierSource::kPublished);
  EXPECT_EQ(exact.rss, published.rss);
  EXPECT_EQ(exact.unattributed, published.unattributed);
  EXPECT_EQ(Attributed(exact), Attributed(published));
  for (size_t i = 0; i < kResidentBucketCount; ++i) {
    const ResidentBucket& bucket = kResidentBuckets[i];
    if (bucket.amounts == &ResidentAmounts::internal_frag_est) continue;  // a part of what is live
    int64_t present = (exact.now.*bucket.amounts).present;
    if (bucket.amounts == &ResidentAmounts::live_touched) present += exact.now.internal_frag_est.present;
    EXPECT_GE(present, published.bounds[i].low) << bucket.key;
    EXPECT_LE(present, published.bounds[i].high) << bucket.key;
  }
}

INSTANTIATE_TEST_SUITE_P(Planted, ResidentSurveyTest,
                         ::testing::Values(std::vector<std::string>{"untouched"}, std::vector<std::string>{"survivors"},
                                           std::vector<std::string>{"released"},
                                           std::vector<std::string>{"quiesced", "8"}),
                         [](const auto& info) { return info.param[0]; });

}  // namespace
}  // namespace glassheap::tools
