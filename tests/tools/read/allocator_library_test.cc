#include "tools/read/allocator_library.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace glassheap::tools {
namespace {

class AllocatorLibraryTest : public ::testing::Test {
 protected:
  AllocatorLibraryTest() {
    directory_ = std::filesystem::canonical(::testing::TempDir()).string() + "/allocators";
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_ + "/lib");
    search_.ours.tool_directory = directory_;
    search_.ours.working_directory = directory_ + "/nowhere";
    search_.system_directories = {directory_ + "/missing", directory_ + "/lib"};
  }
  void Make(const std::string& name) { std::ofstream(directory_ + "/" + name) << "x"; }

  std::string directory_;
  AllocatorSearch search_;
};

TEST_F(AllocatorLibraryTest, GlibcNeedsNothing) {
  const Result<Allocator> glibc = FindAllocator("glibc", search_);
  ASSERT_TRUE(glibc);
  EXPECT_EQ(glibc->library, "");
}

TEST_F(AllocatorLibraryTest, TheFirstFileThatIsThere) {
  Make("lib/libtcmalloc.so.4");
  EXPECT_EQ(FindAllocator("tcmalloc", search_)->library, directory_ + "/lib/libtcmalloc.so.4");
  Make("lib/libtcmalloc_minimal.so.4");
  EXPECT_EQ(FindAllocator("tcmalloc", search_)->library, directory_ + "/lib/libtcmalloc_minimal.so.4");
}

TEST_F(AllocatorLibraryTest, OursLieBesideTheToolOrBesideGlassheapLib) {
  Make("libglassheap.so");
  Make("libglassheap_block.so");
  EXPECT_EQ(FindAllocator("glassheap", search_)->library, directory_ + "/libglassheap.so");
  EXPECT_EQ(FindAllocator("block", search_)->library, directory_ + "/libglassheap_block.so");
  search_.ours.tool_directory = "/nowhere";
  EXPECT_FALSE(FindAllocator("block", search_));
  search_.ours.wanted = directory_ + "/libglassheap.so";
  EXPECT_EQ(FindAllocator("block", search_)->library, directory_ + "/libglassheap_block.so");
}

TEST_F(AllocatorLibraryTest, AllThatAreHereInTheOrderOfTheTable) {
  Make("libglassheap.so");
  Make("lib/libjemalloc.so.2");
  std::string names;
  for (const Allocator& one : FindAllAllocators(search_)) names += one.name + " ";
  EXPECT_EQ(names, "glibc jemalloc glassheap ");
}

TEST_F(AllocatorLibraryTest, AnyOtherLibraryByItsPath) {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_type = ET_DYN;
  std::ofstream(directory_ + "/lib/mine.so") << std::string_view(reinterpret_cast<char*>(&header), sizeof(header));
  const Result<Allocator> mine = FindAllocator("mine=" + directory_ + "/lib/../lib/mine.so", search_);
  ASSERT_TRUE(mine);
  EXPECT_EQ(mine->name, "mine");
  EXPECT_EQ(mine->library, directory_ + "/lib/mine.so");
}

TEST_F(AllocatorLibraryTest, WhatTheLoaderWouldLeaveOutIsAnError) {
  Make("lib/text.so");
  const Result<Allocator> text = FindAllocator("mine=" + directory_ + "/lib/text.so", search_);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().Text(), directory_ + "/lib/text.so: not a shared library of 64 bits, which can be preloaded");
}

TEST_F(AllocatorLibraryTest, ErrorsNameTheWayOut) {
  EXPECT_EQ(FindAllocator("bogus", search_).error().Text(),
            "bogus: no allocator known by this name; there are glibc, jemalloc, tcmalloc, mimalloc, glassheap, "
            "hardened, block, and "
            "NAME=/path/of/it.so");
  const std::string missing = FindAllocator("jemalloc", search_).error().Text();
  EXPECT_NE(missing.find("apt-get install libjemalloc2"), std::string::npos) << missing;
  EXPECT_NE(missing.find(directory_ + "/lib/libjemalloc.so.2"), std::string::npos) << missing;
  EXPECT_EQ(FindAllocator("x=/no/such.so", search_).error().Text(), "/no/such.so: not a file that can be read");
  EXPECT_FALSE(FindAllocator("a b=/no/such.so", search_));
  EXPECT_FALSE(FindAllocator("=/no/such.so", search_));
  EXPECT_FALSE(FindAllocator("", search_));
}

}  // namespace
}  // namespace glassheap::tools
