// What each mapping of a process is for.

#include "tools/model/address_space.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace glassheap::tools {
namespace {

std::vector<SpaceKind> Kinds(const std::string& text, const SpaceHints& hints = {}) {
  return ClassifyMappings(ParseMappings(text), hints);
}

// What JoinMappings makes of it, a line each: "start kind mappings permissions path".
std::string Blocks(const std::string& text, const SpaceHints& hints = {}) {
  const std::vector<Mapping> mappings = ParseMappings(text);
  std::string lines;
  for (const SpaceBlock& block : JoinMappings(mappings, ClassifyMappings(mappings, hints))) {
    char start[20];
    std::snprintf(start, sizeof start, "%lx", static_cast<unsigned long>(block.start));
    lines += std::string(start) + " " + SpaceKindKey(block.kind) + " " + std::to_string(block.mappings) + " " +
             (block.permissions.empty() ? "-" : block.permissions) + " " + block.path + "\n";
  }
  return lines;
}

TEST(AddressSpace, KindsAreInTheOrderOfTheEnum) {
  size_t i = 0;
  for (const SpaceKindName& row : kSpaceKinds) EXPECT_EQ(static_cast<size_t>(row.kind), i++);
}

TEST(AddressSpace, AProgramAsTheTextbookDrawsIt) {
  EXPECT_EQ(Blocks("5000000-5001000 r--p 0 fe:00 1 /bin/x\n"
                   "5001000-5002000 r-xp 0 fe:00 1 /bin/x\n"
                   "5002000-5003000 rw-p 0 fe:00 1 /bin/x\n"
                   "5003000-5004000 rw-p 0 00:00 0\n"
                   "6000000-6021000 rw-p 0 00:00 0 [heap]\n"
                   "7f0000000000-7f0000001000 r--p 0 fe:00 2 /lib/libc.so.6\n"
                   "7f0000001000-7f0000002000 r-xp 0 fe:00 2 /lib/libc.so.6\n"
                   "7f0000002000-7f0000003000 rw-p 0 fe:00 2 /lib/libc.so.6\n"
                   "7f0000003000-7f0000006000 rw-p 0 00:00 0\n"
                   "7f0000100000-7f0000200000 r--p 0 fe:00 3 /usr/lib/locale/C.utf8/LC_CTYPE\n"
                   "7f0000300000-7f0000400000 rw-p 0 00:00 0\n"
                   "7f0000500000-7f0000600000 rw-s 0 00:01 9 /dev/shm/x\n"
                   "7f0000600000-7f0000700000 rw-s 0 00:01 9 /dev/zero (deleted)\n"
                   "7f0000800000-7f0000900000 rw-s 0 00:01 9 /memfd:glassheap (deleted)\n"
                   "7ffc00000000-7ffc00021000 rw-p 0 00:00 0 [stack]\n"
                   "7ffc00040000-7ffc00044000 r--p 0 00:00 0 [vvar]\n"
                   "7ffc00044000-7ffc00046000 r-xp 0 00:00 0 [vdso]\n"
                   "ffffffffff600000-ffffffffff601000 --xp 0 00:00 0 [vsyscall]\n",
                   {.program = "/bin/x", .heap = {}, .stack_pointers = {}}),
            "5000000 constants 1 r--p /bin/x\n"
            "5001000 text 1 r-xp /bin/x\n"
            "5002000 data 1 rw-p /bin/x\n"
            "5003000 bss 1 rw-p \n"
            "6000000 brk_heap 1 rw-p [heap]\n"
            "7f0000000000 library 4 - /lib/libc.so.6\n"
            "7f0000100000 file 1 r--p /usr/lib/locale/C.utf8/LC_CTYPE\n"
            "7f0000300000 anonymous 1 rw-p \n"
            "7f0000500000 shared 1 rw-s /dev/shm/x\n"
            "7f0000600000 shared 1 rw-s /dev/zero (deleted)\n"
            "7f0000800000 glassheap_stats 1 rw-s /memfd:glassheap (deleted)\n"
            "7ffc00000000 stack 1 rw-p [stack]\n"
            "7ffc00040000 kernel 1 r--p [vvar]\n"
            "7ffc00044000 kernel 1 r-xp [vdso]\n"
            "ffffffffff600000 kernel 1 --xp [vsyscall]\n");
}

TEST(AddressSpace, WithoutItsPathAProgramIsALibrary) {
  EXPECT_EQ(Kinds("5001000-5002000 r-xp 0 fe:00 1 /bin/x\n"), std::vector{SpaceKind::kLibrary});
}

TEST(AddressSpace, ThreadStacksAreAboveTheirGuards) {
  EXPECT_EQ(Blocks("7f0000000000-7f0000001000 ---p 0 00:00 0\n"
                   "7f0000001000-7f0000801000 rw-p 0 00:00 0\n"
                   "7f0000801000-7f0000802000 ---p 0 00:00 0\n"
                   "7f0000802000-7f0001002000 rw-p 0 00:00 0\n"),
            "7f0000000000 thread_stack 2 rw-p \n"
            "7f0000801000 thread_stack 2 rw-p \n");
  // A guard that is larger than any guard is a reservation of somebody's.
  EXPECT_EQ(Kinds("7f0000000000-7f0001000000 ---p 0 00:00 0\n7f0001000000-7f0001801000 rw-p 0 00:00 0\n"),
            (std::vector{SpaceKind::kAnonymous, SpaceKind::kAnonymous}));
  EXPECT_EQ(Kinds("7f0001000000-7f0001801000 rw-p 0 00:00 0\n",
                  {.program = "", .heap = {}, .stack_pointers = {0x7f0001800f00}}),
            std::vector{SpaceKind::kThreadStack});
}

TEST(AddressSpace, GlibcArenasAreReservedUpTo64MiB) {
  EXPECT_EQ(Blocks("7f0000000000-7f0000021000 rw-p 0 00:00 0\n"
                   "7f0000021000-7f0004000000 ---p 0 00:00 0\n"
                   "7f0004000000-7f0008000000 rw-p 0 00:00 0\n"
                   "7f0008000000-7f0008021000 rw-p 0 00:00 0\n"
                   "7f0008021000-7f000a000000 ---p 0 00:00 0\n"),
            "7f0000000000 glibc_arena 2 rw-p \n"
            "7f0004000000 glibc_arena 1 rw-p \n"
            "7f0008000000 anonymous 2 rw-p \n");
}

TEST(AddressSpace, WhatTheKernelJoinedToALibraryIsNotItsBss) {
  EXPECT_EQ(Blocks("7f0000000000-7f0000002000 r-xp 0 fe:00 2 /lib/x.so\n"
                   "7f0000002000-7f0000003000 rw-p 0 fe:00 2 /lib/x.so\n"
                   "7f0000003000-7f0000006000 rw-p 0 00:00 0\n"
                   "7f0000010000-7f0000011000 rw-p 0 fe:00 3 /lib/y.so\n"
                   "7f0000011000-7f0000013000 rw-p 0 00:00 0\n"),
            "7f0000000000 library 3 - /lib/x.so\n"
            "7f0000010000 library 1 rw-p /lib/y.so\n"
            "7f0000011000 anonymous 1 rw-p \n");
}

TEST(AddressSpace, TheHeapOfGlassheapIsWhereItsRegionSays) {
  EXPECT_EQ(Kinds("4c70c0000000-4c70c0001000 rw-p 0 00:00 0\n4c7140220000-4c714e620000 rw-p 0 00:00 0\n",
                  {.program = "", .heap = AddressRange{0x4c7140000000, 0x5c7140000000}, .stack_pointers = {}}),
            (std::vector{SpaceKind::kAnonymous, SpaceKind::kGlassheap}));
}

TEST(AddressSpace, SumsAreAbsentWhereAFigureIs) {
  const std::string both =
      "1000-2000 rw-p 0 00:00 0\nRss: 4 kB\nSwap: 0 kB\nPrivate_Dirty: 4 kB\n"
      "2000-3000 r--p 0 00:00 0\nRss: 8 kB\n";
  const std::vector<Mapping> mappings = ParseMappings(both);
  const std::vector<SpaceBlock> blocks = JoinMappings(mappings, ClassifyMappings(mappings, {}));
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].rss, 12u * 1024);
  EXPECT_EQ(blocks[0].swap, std::nullopt);
  EXPECT_EQ(blocks[0].dirty, std::nullopt);
}

}  // namespace
}  // namespace glassheap::tools
