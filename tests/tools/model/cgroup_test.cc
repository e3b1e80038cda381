#include "tools/model/cgroup.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

constexpr uint64_t kRam = 1000;
constexpr uint64_t kSwap = 500;

CgroupLevel Level(const char* path, std::optional<uint64_t> limit, std::optional<uint64_t> usage,
                  std::optional<uint64_t> inactive_file = std::nullopt) {
  CgroupLevel level;
  level.path = path;
  level.limit = limit;
  level.usage = usage;
  level.inactive_file = inactive_file;
  return level;
}

CgroupMemory Make(std::vector<CgroupLevel> levels) {
  return MakeCgroupMemory({CgroupVersion::kV2, std::move(levels), std::nullopt}, kRam, kSwap);
}

TEST(CgroupMemory, TheLowestLimitHolds) {
  const CgroupMemory memory = Make({Level("/a/b", 600, 90), Level("/a", 400, 250, 50), Level("/", {}, {})});
  EXPECT_EQ(memory.path, "/a/b");
  EXPECT_EQ(memory.limit, 400u);
  EXPECT_EQ(memory.limit_path, "/a");
  EXPECT_EQ(memory.usage, 250u);
  EXPECT_EQ(memory.working_set, 200u);
  EXPECT_EQ(memory.remaining, 200u);
  EXPECT_EQ(memory.remaining_path, "/a");
}

TEST(CgroupMemory, ASiblingMayLeaveLess) {
  const CgroupMemory memory = Make({Level("/a/b", 300, 10), Level("/a", 400, 380, 20)});
  EXPECT_EQ(memory.limit, 300u);
  EXPECT_EQ(memory.working_set, 10u);
  EXPECT_EQ(memory.remaining, 40u);
  EXPECT_EQ(memory.remaining_path, "/a");
}

TEST(CgroupMemory, ALimitOfAllRamIsNone) {
  for (const std::optional<uint64_t> limit : {std::optional<uint64_t>(), std::optional<uint64_t>(kRam)}) {
    const CgroupMemory memory = Make({Level("/a", limit, 70, 20)});
    EXPECT_FALSE(memory.limit);
    EXPECT_FALSE(memory.remaining);
    EXPECT_EQ(memory.working_set, 50u);
  }
}

TEST(CgroupMemory, OverTheLimitNothingIsLeft) {
  EXPECT_EQ(Make({Level("/a", 100, 130)}).remaining, 0u);
  EXPECT_EQ(Make({Level("/a", 100, 30, 40)}).working_set, 0u);  // read at two moments
}

TEST(CgroupMemory, WithoutUsageNothingIsClaimed) {
  const CgroupMemory memory = Make({Level("/a", 100, {})});
  EXPECT_EQ(memory.limit, 100u);
  EXPECT_FALSE(memory.working_set);
  EXPECT_FALSE(memory.remaining);
}

TEST(CgroupMemory, ALeafWithoutFiguresShowsThoseOfItsParent) {
  EXPECT_EQ(Make({Level("/a/b", {}, {}), Level("/a", {}, 70)}).usage, 70u);
}

TEST(CgroupMemory, HighHoldsOnlyBelowTheLimit) {
  CgroupLevel level = Level("/a", 400, 10);
  level.high = 300;
  EXPECT_EQ(Make({level}).high, 300u);
  level.high = 400;
  EXPECT_FALSE(Make({level}).high);
  level.limit.reset();
  level.high = 300;
  EXPECT_EQ(Make({level}).high, 300u);
  EXPECT_FALSE(Make({level}).limit);
}

TEST(CgroupMemory, SwapOfV2IsSeparate) {
  CgroupLevel own = Level("/a/b", 400, 100);
  own.swap_usage = 30;
  CgroupLevel parent = Level("/a", {}, {});
  parent.swap_limit = 200;
  const CgroupMemory memory = Make({own, parent});
  EXPECT_EQ(memory.swap_limit, 200u);
  EXPECT_EQ(memory.swap_usage, 30u);
  parent.swap_limit = 9999;
  EXPECT_EQ(Make({own, parent}).swap_limit, kSwap);
  EXPECT_FALSE(Make({own}).swap_limit);
}

TEST(CgroupMemory, SwapOfV1IsTheDifference) {
  CgroupLevel level = Level("/a", 400, 100);
  level.memsw_limit = 600;
  level.memsw_usage = 130;
  const CgroupMemory memory = Make({level});
  EXPECT_EQ(memory.swap_limit, 200u);
  EXPECT_EQ(memory.swap_usage, 30u);
  level.memsw_limit = 400;
  EXPECT_EQ(Make({level}).swap_limit, 0u);
}

TEST(CgroupMemory, AnUnseenAncestorOfV1HoldsToo) {
  CgroupLevel level = Level("/a", 400, 100, 20);
  level.hierarchical_limit = 200;
  level.hierarchical_memsw = 250;
  const CgroupMemory memory = Make({level});
  EXPECT_EQ(memory.limit, 200u);
  EXPECT_FALSE(memory.limit_path);
  EXPECT_EQ(memory.working_set, 80u);
  EXPECT_EQ(memory.remaining, 120u);
  EXPECT_EQ(memory.swap_limit, 50u);
}

}  // namespace
}  // namespace glassheap::tools
