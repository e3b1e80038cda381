#include "tests/support/fake_region.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace glassheap::testing {
namespace {

using abi::CounterDescriptor;
using abi::RegionLayout;

CounterDescriptor Describe(const char* name, size_t offset, abi::CounterKind kind, abi::Unit unit, const char* help) {
  CounterDescriptor descriptor = {};
  std::strncpy(descriptor.name, name, sizeof descriptor.name - 1);
  std::strncpy(descriptor.help, help, sizeof descriptor.help - 1);
  descriptor.offset = static_cast<uint16_t>(offset);
  descriptor.unit = static_cast<uint8_t>(unit);
  descriptor.kind = static_cast<uint8_t>(kind);
  return descriptor;
}

void FillDescriptors(RegionLayout& region) {
  using enum abi::CounterKind;
  using enum abi::Unit;
  CounterDescriptor* next = region.heap_counters;
#define GLASSHEAP_HEAP(name, kind, unit, help) \
  *next++ = Describe(#name, offsetof(abi::HeapRow, name), kind, unit, help);
#include "allocator/abi/stats.def"
  next = region.class_counters;
#define GLASSHEAP_CLASS(name, kind, unit, help) \
  *next++ = Describe(#name, offsetof(abi::ClassRow, name), kind, unit, help);
#include "allocator/abi/stats.def"
  next = region.thread_counters;
#define GLASSHEAP_THREAD(name, kind, unit, help) \
  *next++ = Describe(#name, offsetof(abi::ThreadRow, name), kind, unit, help);
#include "allocator/abi/stats.def"
  next = region.history_counters;
#define GLASSHEAP_HISTORY(name, kind, unit, help) \
  *next++ = Describe(#name, offsetof(abi::HistoryRow, name), kind, unit, help);
#include "allocator/abi/stats.def"
  next = region.layout_counters;
#define GLASSHEAP_LAYOUT(name, kind, unit, help) \
  *next++ = Describe(#name, offsetof(abi::LayoutRow, name), kind, unit, help);
#include "allocator/abi/stats.def"
}

abi::TocEntry Entry(abi::SectionKind kind, size_t row_size, uint32_t rows, bool sequence, uint32_t descriptors,
                    size_t descriptor_offset, size_t offset) {
  return {static_cast<uint32_t>(kind),
          static_cast<uint32_t>(row_size),
          rows,
          sequence ? 1u : 0u,
          descriptors,
          static_cast<uint32_t>(descriptor_offset),
          offset};
}

void FillContents(RegionLayout& region) {
  const size_t heap = offsetof(RegionLayout, heap_counters);
  region.toc[0] = Entry(abi::SectionKind::kGlobal, sizeof(abi::HeapRow), 1, true, abi::kHeapCounters, heap,
                        offsetof(RegionLayout, global));
  region.toc[1] = Entry(abi::SectionKind::kPeak, sizeof(abi::HeapRow), 1, true, abi::kHeapCounters, heap,
                        offsetof(RegionLayout, peak));
  region.toc[2] = Entry(abi::SectionKind::kClasses, sizeof(abi::ClassRow), abi::kMaxClasses, true, abi::kClassCounters,
                        offsetof(RegionLayout, class_counters), offsetof(RegionLayout, classes));
  region.toc[3] = Entry(abi::SectionKind::kThreads, sizeof(abi::ThreadRow), abi::kMaxThreads, false,
                        abi::kThreadCounters, offsetof(RegionLayout, thread_counters), offsetof(RegionLayout, threads));
  region.toc[4] = Entry(abi::SectionKind::kLayout, sizeof(abi::LayoutRow), 1, false, abi::kLayoutCounters,
                        offsetof(RegionLayout, layout_counters), offsetof(RegionLayout, layout));
  region.toc[5] =
      Entry(abi::SectionKind::kHistory, sizeof(abi::HistoryRow), abi::kHistoryRows, false, abi::kHistoryCounters,
            offsetof(RegionLayout, history_counters), offsetof(RegionLayout, history));
}

void FillHeader(abi::RegionHeader& header, uint64_t pid) {
  std::memcpy(header.magic, abi::kRegionMagic, sizeof header.magic);
  header.layout_version = abi::kLayoutVersion;
  header.header_size = sizeof header;
  header.total_size = sizeof(RegionLayout);
  header.generation = 1;
  header.pid = pid;
  header.toc_offset = offsetof(RegionLayout, toc);
  header.toc_count = abi::kSections;
  header.page_size = 8192;
  header.class_count = 3;
  header.thread_cache = {0, 32, 0, 8};
  std::strcpy(header.version, "fake");
}

// 2 spans of 2 pages, 255 slots each of 64 bytes: 16384 - 255 * 64 = 64 bytes
// of tail each.
void FillClass64(abi::ClassRow& row) {
  row.size = 64;
  row.span_pages = 2;
  row.spans = 2;
  row.slots = 510;
  row.central_objects = 100;
  row.transfer_objects = 32;
  row.thread_cache_objects = 78;  // 300 live
}

void FillClass1024(abi::ClassRow& row) {
  row.size = 1024;
  row.span_pages = 1;
  row.spans = 1;
  row.slots = 8;
  row.thread_cache_objects = 2;  // 6 live
}

void FillThread(abi::ThreadRow& row, uint64_t tid, uint64_t free, uint64_t total) {
  row.tid = tid;
  row.thread_cache_free = free;
  row.thread_cache_capacity = 65536;
  row.allocated_bytes_total = total;
}

}  // namespace

std::unique_ptr<RegionLayout> MakeFakeRegion(uint64_t pid) {
  auto region = std::make_unique<RegionLayout>();
  std::memset(static_cast<void*>(region.get()), 0, sizeof *region);
  FillHeader(region->header, pid);
  FillContents(*region);
  FillDescriptors(*region);
  return region;
}

std::unique_ptr<RegionLayout> MakeFakeHeap(uint64_t pid) {
  auto region = MakeFakeRegion(pid);
  FillClass64(region->classes[1]);
  FillClass1024(region->classes[2]);
  FillThread(region->threads[0], pid, 78 * 64, 1'000'000);
  FillThread(region->threads[5], pid + 1, 2048, 2'000);
  abi::HeapRow& global = region->global;
  global.small_span_bytes = 2 * 16384 + 8192;
  global.large_bytes = (1 << 20) + 40960;
  global.large_objects = 2;
  region->threads[0].large_cached_bytes = 40960;
  global.page_heap_free = 81920;
  global.page_heap_released = 8192;
  global.heap_mapped = global.small_span_bytes + global.large_bytes + global.page_heap_free + global.page_heap_released;
  global.metadata = 100'000;
  global.region_slack = 31'072;
  global.metadata_mapped = global.metadata + global.region_slack;
  return region;
}

std::vector<std::byte> BytesOf(const RegionLayout& region) {
  const auto* first = reinterpret_cast<const std::byte*>(&region);
  return std::vector<std::byte>(first, first + sizeof region);
}

tools::FileDescriptor MakeRegionFile(const void* bytes, size_t size, int seals) {
  tools::FileDescriptor fd(::memfd_create(abi::kRegionName, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd.valid() || ::write(fd.get(), bytes, size) != static_cast<ssize_t>(size)) std::abort();
  if (seals != 0 && ::fcntl(fd.get(), F_ADD_SEALS, seals) != 0) std::abort();
  return fd;
}

tools::FileDescriptor MakeRegionFile(const RegionLayout& region) {
  return MakeRegionFile(&region, sizeof region, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}

}  // namespace glassheap::testing
