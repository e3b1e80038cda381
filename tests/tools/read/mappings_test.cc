// Mappings of a process: as the kernel prints them, and as it never would.

#include "tools/read/mappings.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>

namespace glassheap::tools {
namespace {

constexpr char kSmaps[] =
    "55d0c0a00000-55d0c0a21000 rw-p 00000000 00:00 0                          [heap]\n"
    "Size:                132 kB\n"
    "KernelPageSize:        4 kB\n"
    "Rss:                  84 kB\n"
    "Pss:                  42 kB\n"
    "Shared_Dirty:          4 kB\n"
    "Private_Dirty:        80 kB\n"
    "AnonHugePages:      2048 kB\n"
    "FilePmdMapped:      4096 kB\n"
    "Swap:                  8 kB\n"
    "NewerField:           nobody knows\n"
    "VmFlags: rd wr mr mw me ac gd \n"
    "7f10c5a00000-7f10c5a01000 r-xs 00001000 fe:00 1234    /tmp/a file (deleted)\n";

TEST(Mappings, ReadsWhatTheKernelPrints) {
  const std::vector<Mapping> mappings = ParseMappings(kSmaps);
  ASSERT_EQ(mappings.size(), 2u);
  const Mapping& heap = mappings[0];
  EXPECT_EQ(heap.start, 0x55d0c0a00000u);
  EXPECT_EQ(heap.size(), 0x21000u);
  EXPECT_EQ(heap.path, "[heap]");
  EXPECT_EQ(heap.rss, 84u * 1024);
  EXPECT_EQ(heap.pss, 42u * 1024);
  EXPECT_EQ(heap.dirty(), 84u * 1024);
  EXPECT_EQ(heap.huge, 6144u * 1024);
  EXPECT_EQ(heap.swap, 8u * 1024);
  EXPECT_EQ(heap.locked, std::nullopt);
  EXPECT_TRUE(heap.HasFlag("gd"));
  EXPECT_FALSE(heap.HasFlag("g"));
  EXPECT_TRUE(heap.Writable());
  EXPECT_FALSE(heap.Executable());
  const Mapping& file = mappings[1];
  EXPECT_EQ(file.path, "/tmp/a file (deleted)");
  EXPECT_EQ(file.offset, 0x1000u);
  EXPECT_EQ(file.device, "fe:00");
  EXPECT_EQ(file.inode, 1234u);
  EXPECT_TRUE(file.Shared());
  EXPECT_TRUE(file.Executable());
  EXPECT_EQ(file.dirty(), std::nullopt);
}

TEST(Mappings, SkipsWhatItDoesNotUnderstand) {
  EXPECT_TRUE(ParseMappings("").empty());
  EXPECT_TRUE(ParseMappings("\n\nRss: 4 kB\ngarbage\n12-\n-\n").empty());
  EXPECT_TRUE(ParseMappings("2000-1000 rw-p 00000000 00:00 0\n").empty());
  EXPECT_TRUE(ParseMappings("1000-1000 rw-p 00000000 00:00 0\n").empty());
  EXPECT_TRUE(ParseMappings("1000-2000 rw 00000000 00:00 0\n").empty());
  EXPECT_TRUE(ParseMappings("11000000000000000-21000000000000000 rw-p 0 00:00 0\n").empty());
  const std::vector<Mapping> mappings = ParseMappings(
      "1000-2000 rw-p 0 00:00 0\nRss: 4 MB\nPss:\nSwap: -4 kB\nLocked: 99999999999999999999 kB\nAnonymous: "
      "18446744073709551615 kB\n");
  ASSERT_EQ(mappings.size(), 1u);
  EXPECT_EQ(mappings[0].path, "");
  EXPECT_EQ(mappings[0].rss, std::nullopt);
  EXPECT_EQ(mappings[0].pss, std::nullopt);
  EXPECT_EQ(mappings[0].swap, std::nullopt);
  EXPECT_EQ(mappings[0].locked, std::nullopt);
  EXPECT_EQ(mappings[0].anonymous, std::nullopt);
}

TEST(Mappings, OfThisProcess) {
  const Root root;
  const Result<Directory> self = root.OpenDirectory("proc/" + std::to_string(::getpid()));
  ASSERT_TRUE(self.ok());
  for (const bool with_figures : {false, true}) {
    const Result<std::vector<Mapping>> mappings = ReadMappings(*self, with_figures);
    ASSERT_TRUE(mappings.ok()) << mappings.error().Text();
    bool found = false;
    uint64_t last = 0;
    for (const Mapping& mapping : *mappings) {
      EXPECT_LE(last, mapping.start);
      last = mapping.end;
      const auto address = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
      if (mapping.start > address || address >= mapping.end) continue;
      found = true;
      EXPECT_EQ(mapping.path, "[stack]");
      EXPECT_EQ(mapping.rss.has_value(), with_figures);
      EXPECT_EQ(mapping.HasFlag("gd"), with_figures);
    }
    EXPECT_TRUE(found);
  }
}

}  // namespace
}  // namespace glassheap::tools
