#include "tools/read/core_file.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/fake_core.h"
#include "tests/support/fake_region.h"

namespace glassheap::tools {
namespace {

using testing::FakeSegment;
using testing::MakeFakeCore;
using testing::MakeFakeCoreWithHeap;
using Bytes = std::vector<std::byte>;

constexpr uint64_t kAddress = 0x7f0000002000;

Bytes RegionAt(uint64_t address, uint64_t pid) {
  const auto region = testing::MakeFakeHeap(pid);
  region->header.region_address = address;
  return testing::BytesOf(*region);
}

Result<CoreFile> Parse(const Bytes& bytes) { return ParseCore(MemoryBytes(bytes)); }

Result<RegionImage> Region(const Bytes& bytes) {
  const MemoryBytes source(bytes);
  return RegionOfCore(source, *ParseCore(source));
}

template <typename Change>
Bytes Changed(Bytes bytes, Change change) {
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  change(header);
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

TEST(CoreFile, SaysWhoDiedOfWhat) {
  const Result<CoreFile> core = Parse(MakeFakeCoreWithHeap(42, 11));
  ASSERT_TRUE(core) << core.error().Text();
  EXPECT_EQ(core->name, "fake");
  EXPECT_EQ(core->arguments, "fake --now");
  EXPECT_EQ(core->signal, 11);
  EXPECT_EQ(core->pid, 42) << "of the process, not of the thread that died";
  EXPECT_EQ(core->segments.size(), 2u);
}

TEST(CoreFile, ADumpOfALivingProcessHasNoSignal) { EXPECT_FALSE(Parse(MakeFakeCoreWithHeap(42, 0))->signal); }

TEST(CoreFile, FindsTheRegionAtTheStartOfASegment) {
  const Result<RegionImage> region = Region(MakeFakeCoreWithHeap(42));
  ASSERT_TRUE(region) << region.error().Text();
  EXPECT_EQ(region->header().pid, 42u);
}

TEST(CoreFile, FindsTheRegionInsideASegment) {
  Bytes joined(8192);
  const Bytes region = RegionAt(kAddress + 8192, 42);
  joined.insert(joined.end(), region.begin(), region.end());
  EXPECT_TRUE(Region(MakeFakeCore(42, 6, {{kAddress, joined}})));
}

TEST(CoreFile, PassesOverCopiesAndTheParents) {
  const Bytes copy = RegionAt(kAddress, 42);
  const Bytes parents = RegionAt(0x10000, 41);
  EXPECT_EQ(Region(MakeFakeCore(42, 6, {{0x5000, copy}})).error().Text(), "unreadable region: it is a copy");
  EXPECT_EQ(Region(MakeFakeCore(42, 6, {{0x10000, parents}})).error().errno_value, kErrorInherited);
  EXPECT_TRUE(Region(MakeFakeCore(42, 6, {{0x5000, copy}, {0x10000, parents}, {kAddress, copy}})));
}

TEST(CoreFile, SaysThatThereIsNone) {
  const Result<RegionImage> region = Region(MakeFakeCore(42, 6, {{0x5000, Bytes(9000)}}));
  ASSERT_FALSE(region);
  EXPECT_EQ(region.error().errno_value, kErrorNoRegion);
}

TEST(CoreFile, WhatIsNoCoreIsNamed) {
  const Bytes core = MakeFakeCoreWithHeap(42);
  EXPECT_EQ(Parse({}).error().Text(), "not a core dump: it is shorter than an ELF header");
  EXPECT_EQ(Parse(Bytes(100)).error().Text(), "not a core dump: it is not an ELF file");
  EXPECT_EQ(Parse(Changed(core, [](auto& h) { h.e_type = ET_EXEC; })).error().Text(),
            "not a core dump: it is an ELF file of another kind; give the dump, not the program");
  EXPECT_FALSE(Parse(Changed(core, [](auto& h) { h.e_phnum = 0; })));
  EXPECT_FALSE(Parse(Changed(core, [](auto& h) { h.e_phentsize = 1; })));
  Bytes compressed(100);
  std::memcpy(compressed.data(), "\x28\xb5\x2f\xfd", 4);
  EXPECT_EQ(Parse(compressed).error().Text(), "not a core dump: it is compressed; unzstd it first");
}

TEST(CoreFile, CutOffAnywhereItIsAnErrorOrWhole) {
  const Bytes core = MakeFakeCoreWithHeap(42);
  for (size_t size = 0; size < core.size(); size += size < 4096 ? 37 : 4001) {
    const Bytes cut(core.begin(), core.begin() + static_cast<ptrdiff_t>(size));
    const MemoryBytes source(cut);
    const Result<CoreFile> parsed = ParseCore(source);
    EXPECT_FALSE(parsed && RegionOfCore(source, *parsed)) << size;
  }
}

TEST(CoreFile, LyingHeadersDoNoHarm) {
  const Bytes core = MakeFakeCoreWithHeap(42);
  for (const uint64_t lie : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 40, uint64_t{INT64_MAX}, UINT64_MAX}) {
    for (size_t field = 0; field + 8 <= 3 * sizeof(Elf64_Phdr); field += 8) {
      Bytes changed = core;
      std::memcpy(changed.data() + sizeof(Elf64_Ehdr) + field, &lie, sizeof lie);
      const MemoryBytes source(changed);
      const Result<CoreFile> parsed = ParseCore(source);
      if (parsed) (void)RegionOfCore(source, *parsed);
    }
    EXPECT_FALSE(Parse(Changed(core, [&](auto& h) { h.e_phoff = lie | 4096; }))) << lie;
  }
  EXPECT_FALSE(Parse(Changed(core, [&](auto& h) {
    h.e_phnum = PN_XNUM;
    h.e_shoff = UINT64_MAX - 3;
  })));
}

}  // namespace
}  // namespace glassheap::tools
