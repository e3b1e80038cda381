#include "tools/cli/suggestion.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace glassheap::tools {
namespace {

TEST(EditDistance, CountsLetters) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("heap", "heap"), 0u);
  EXPECT_EQ(EditDistance("", "heap"), 4u);
  EXPECT_EQ(EditDistance("heap", ""), 4u);
  EXPECT_EQ(EditDistance("hep", "heap"), 1u);
  EXPECT_EQ(EditDistance("heapp", "heap"), 1u);
  EXPECT_EQ(EditDistance("hexp", "heap"), 1u);
  EXPECT_EQ(EditDistance("haep", "heap"), 1u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("ca", "abc"), 3u) << "a pair that was swapped is not changed further";
}

TEST(NearestWord, IsASlipOfTheFingerAway) {
  const std::vector<std::string> words = {"--hardened", "--json", "--help", "heap", "map", "-J"};
  EXPECT_EQ(NearestWord("haep", words), "heap");
  EXPECT_EQ(NearestWord("--hardend", words), "--hardened");
  EXPECT_EQ(NearestWord("--jsn", words), "--json");
  EXPECT_EQ(NearestWord("mpa", words), "map");
  EXPECT_EQ(NearestWord("heat", {"heap", "help"}), "heap");
}

TEST(NearestWord, IsNothingForWhatIsFarFromAll) {
  const std::vector<std::string> words = {"--hardened", "heap", "map", "-J"};
  EXPECT_EQ(NearestWord("bogus", words), std::nullopt);
  EXPECT_EQ(NearestWord("--", words), std::nullopt);
  EXPECT_EQ(NearestWord("-x", words), std::nullopt) << "every letter is one away from every other";
  EXPECT_EQ(NearestWord("", words), std::nullopt);
  EXPECT_EQ(NearestWord(std::string(100'000, 'h'), words), std::nullopt);
  EXPECT_EQ(NearestWord("heap1", {}), std::nullopt);
}

}  // namespace
}  // namespace glassheap::tools
