#include "tools/view/units.h"

#include <gtest/gtest.h>

namespace glassheap::tools {
namespace {

constexpr uint64_t kKi = 1024, kMi = kKi * 1024, kGi = kMi * 1024;

TEST(Units, HumanBytesAsFreePrintsThem) {
  EXPECT_EQ(HumanBytes(uint64_t{0}), "0B");
  EXPECT_EQ(HumanBytes(uint64_t{999}), "999B");
  EXPECT_EQ(HumanBytes(uint64_t{1000}), "1.0Ki");
  EXPECT_EQ(HumanBytes(9018 * kKi), "8.8Mi");
  EXPECT_EQ(HumanBytes(24684084 * kKi), "23Gi");  // 23.5: an integer is cut off
  EXPECT_EQ(HumanBytes(1023 * kMi + 922 * kKi), "1.0Gi");
  EXPECT_EQ(HumanBytes(UINT64_MAX), "16Ei");
  EXPECT_EQ(HumanBytes(25276514304, UnitSystem::kDecimal), "25G");
  EXPECT_EQ(HumanBytes(std::optional<uint64_t>()), "-");
}

TEST(Units, ThreeDigitsForSums) {
  EXPECT_EQ(FineBytes(0), "0");
  EXPECT_EQ(FineBytes(999), "999B");
  EXPECT_EQ(FineBytes(1000), "0.98Ki");
  EXPECT_EQ(FineBytes(kKi), "1.00Ki");
  EXPECT_EQ(FineBytes(88 * kMi), "88.0Mi");
  EXPECT_EQ(FineBytes(999 * kMi), "999Mi");
  EXPECT_EQ(FineBytes(1001 * kMi), "0.98Gi");
  EXPECT_EQ(FineBytes(kGi + kGi / 5), "1.20Gi");
  EXPECT_EQ(FineSignedBytes(-static_cast<int64_t>(8 * kKi)), "-8.00Ki");
  EXPECT_EQ(FineSignedBytes(INT64_MIN), "-8.00Ei");
}

TEST(Units, ScalingCutsOff) {
  EXPECT_EQ(ScaleBytes(2047, 1), 1u);
  EXPECT_EQ(ScaleBytes(1999, 1, UnitSystem::kDecimal), 1u);
  EXPECT_EQ(ScaleBytes(kGi, 3), 1u);
  EXPECT_EQ(ScaleBytes(12, 0), 12u);
}

TEST(Units, PercentOfNothingIsNothing) {
  EXPECT_EQ(Percent(1, 0), "-");
  EXPECT_EQ(Percent(1, 3), "33.3 %");
}

TEST(Units, CountsAndTimes) {
  EXPECT_EQ(HumanCount(9999), "9999");
  EXPECT_EQ(HumanCount(412'345), "412 k");
  EXPECT_EQ(HumanCount(4'120'000), "4.1 M");
  EXPECT_EQ(HumanSeconds(0.421), "0.42 s");
  EXPECT_EQ(HumanSeconds(61.24), "61.2 s");
  EXPECT_EQ(HumanSeconds(843), "14 min 3 s");
  EXPECT_EQ(HumanSeconds(3 * 86400 + 4 * 3600 + 5), "3 d 4 h");
}

}  // namespace
}  // namespace glassheap::tools
