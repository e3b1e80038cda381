// How an address space is drawn, and what its JSON says.

#include "tools/view/map_text.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/golden.h"
#include "tools/view/json_map.h"
#include "tools/view/map_svg.h"

namespace glassheap::tools {
namespace {

using glassheap::testing::ExpectGolden;

constexpr char kSmaps[] =
    "4c7140220000-4c714e620000 rw-p 00000000 00:00 0\n"
    "Rss: 209920 kB\nPss: 209920 kB\nPrivate_Dirty: 209920 kB\nAnonHugePages: 8192 kB\nSwap: 1024 kB\nLocked: 0 kB\n"
    "55550000a000-55550000b000 r-xp 00000000 fe:00 7 /usr/bin/ev\x1b]0;il\n"
    "Rss: 4 kB\nPss: 2 kB\nPrivate_Dirty: 0 kB\nAnonHugePages: 0 kB\nSwap: 0 kB\nLocked: 0 kB\n"
    "55550000b000-55550000c000 rw-p 00001000 fe:00 7 /usr/bin/ev\x1b]0;il\n"
    "Rss: 4 kB\nPss: 4 kB\nPrivate_Dirty: 4 kB\nAnonHugePages: 0 kB\nSwap: 0 kB\nLocked: 0 kB\n"
    "7f0000000000-7f0000001000 ---p 00000000 00:00 0\n"
    "Rss: 0 kB\nPss: 0 kB\nPrivate_Dirty: 0 kB\nAnonHugePages: 0 kB\nSwap: 0 kB\nLocked: 0 kB\n"
    "7f0000001000-7f0000801000 rw-p 00000000 00:00 0\n"
    "Rss: 8 kB\nPss: 8 kB\nPrivate_Dirty: 8 kB\nAnonHugePages: 0 kB\nSwap: 0 kB\nLocked: 0 kB\n"
    "7f0001000000-7f0001001000 r--p 00000000 fe:00 8 /lib/libc.so.6\n"
    "Rss: 4 kB\n"
    "7f0001001000-7f0001002000 r-xp 00000000 fe:00 8 /lib/libc.so.6\n"
    "Rss: 4 kB\n"
    "7ffe00000000-7ffe00021000 rw-p 00000000 00:00 0 [stack]\n"
    "Rss: 40 kB\nPss: 40 kB\nPrivate_Dirty: 40 kB\nAnonHugePages: 0 kB\nSwap: 0 kB\nLocked: 0 kB\n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n"
    "Rss: 0 kB\nPss: 0 kB\nPrivate_Dirty: 0 kB\nAnonHugePages: 0 kB\nSwap: 0 kB\nLocked: 0 kB\n";

AddressSpace Space() {
  AddressSpace space;
  space.pid = 4242;
  space.name = "ev\x1b[2Jil";
  space.page_tables = 524 * 1024;
  space.mappings = ParseMappings(kSmaps);
  space.kinds = ClassifyMappings(
      space.mappings,
      {.program = "/usr/bin/ev\x1b]0;il", .heap = AddressRange{0x4c7140000000, 0x4d7140000000}, .stack_pointers = {}});
  return space;
}

std::vector<PageState> Pages() {
  PageState frame = ParsePagemapEntry(0x4c7140220000, uint64_t{1} << 63 | uint64_t{1} << 56 | 0x19ba0e);
  frame.mapped = 1;
  frame.flag_bits = 1 << 5 | 1 << 12;
  return {frame, ParsePagemapEntry(0x4c7140221000, uint64_t{1} << 62 | 9 << 5 | 1),
          ParsePagemapEntry(0x4c7140222000, uint64_t{1} << 63), ParsePagemapEntry(0x1000, 0)};
}

TEST(MapText, Picture) {
  ExpectGolden("map_text", MapText(Space(), {}) + "\nall\n" + MapText(Space(), {.every_mapping = true}) + "\npages\n" +
                               PagesText(Space(), Pages()));
}

TEST(MapText, Json) { ExpectGolden("map.json", MapJson(Space()) + PagesJson(Space(), Pages())); }

TEST(MapText, Svg) { ExpectGolden("map.svg", MapSvg(Space())); }

TEST(MapText, NothingOfTheProcessReachesTheTerminal) {
  const std::string text = MapText(Space(), {}) + MapText(Space(), {.every_mapping = true}) +
                           PagesText(Space(), Pages()) + MapJson(Space()) + PagesJson(Space(), Pages()) +
                           MapSvg(Space());
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(MapText, AnEmptySpace) {
  AddressSpace space;
  space.name = "x";
  EXPECT_NE(MapText(space, {}).find("0 mappings"), std::string::npos);
  EXPECT_NE(MapJson(space).find("\"mappings\":[]"), std::string::npos);
}

}  // namespace
}  // namespace glassheap::tools
