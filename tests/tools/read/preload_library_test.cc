#include "tools/read/preload_library.h"

#include <gtest/gtest.h>

#include "tests/support/fake_root.h"

namespace glassheap::tools {
namespace {

class PreloadLibraryTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) { return files_.root().PathOf(name); }
  PreloadSearch Search() { return {std::nullopt, Path("out/tools"), Path("work")}; }
  std::string Found() { return *FindPreloadLibrary(Search()); }

  FakeRoot files_;
};

TEST_F(PreloadLibraryTest, TriesItsPlacesInOrder) {
  files_.Write("out/tools/memstat", "");
  files_.Write("work/bazel-bin/allocator/libglassheap.so", "");
  EXPECT_EQ(Found(), Path("work/bazel-bin/allocator/libglassheap.so"));
  files_.Write("out/allocator/libglassheap.so", "");
  EXPECT_EQ(Found(), Path("out/allocator/libglassheap.so"));
  files_.Write("out/lib/libglassheap.so", "");
  EXPECT_EQ(Found(), Path("out/lib/libglassheap.so"));
  files_.Write("out/tools/libglassheap.so", "");
  EXPECT_EQ(Found(), Path("out/tools/libglassheap.so"));
}

TEST_F(PreloadLibraryTest, TheVariableIsTheOnlyPlaceWhenItIsSet) {
  files_.Write("out/tools/libglassheap.so", "");
  files_.Write("mine.so", "");
  PreloadSearch search = Search();
  search.wanted = Path("mine.so");
  EXPECT_EQ(*FindPreloadLibrary(search), Path("mine.so"));
  search.wanted = Path("none.so");
  EXPECT_NE(FindPreloadLibrary(search).error().Text().find("none.so because GLASSHEAP_LIB says so"), std::string::npos);
}

TEST_F(PreloadLibraryTest, SaysWhereItLooked) {
  const std::string text = FindPreloadLibrary(Search()).error().Text();
  for (const std::string& candidate : PreloadCandidates(Search())) {
    EXPECT_NE(text.find(candidate), std::string::npos) << candidate;
  }
  EXPECT_EQ(text.find("libglassheap.so: not found; looked for "), 0u) << text;
}

TEST_F(PreloadLibraryTest, APathThatLdPreloadCannotCarry) {
  files_.Write("with blank/libglassheap.so", "");
  PreloadSearch search = Search();
  search.wanted = Path("with blank/libglassheap.so");
  EXPECT_NE(FindPreloadLibrary(search).error().why.find("blank or a colon"), std::string::npos);
}

}  // namespace
}  // namespace glassheap::tools
