// Tested by tests/tools/model/heap_pages_test.cc.

#include "tools/model/heap_map.h"

#include <algorithm>
#include <utility>

namespace glassheap::tools {
namespace {

MapCell KindOf(const HeapAmounts& in) {
  const int64_t cached = in.thread_cache.present + in.transfer_cache.present;
  const int64_t free = in.central.present + in.tail.present + in.free.present + in.released.present;
  const std::pair<int64_t, MapCell> kinds[] = {{in.live.present, MapCell::kLive},
                                               {cached, MapCell::kCached},
                                               {free, MapCell::kFree},
                                               {in.metadata.present, MapCell::kMetadata}};
  const auto most = std::ranges::max_element(kinds, {}, [](const auto& kind) { return kind.first; });
  PageAmounts all = in.live;
  for (const PageAmounts* part :
       {&in.thread_cache, &in.transfer_cache, &in.central, &in.tail, &in.free, &in.released, &in.metadata}) {
    all += *part;
  }
  if (all.bytes == 0) return MapCell::kNothing;
  if (all.present == 0) return all.swapped > 0 ? MapCell::kSwapped : MapCell::kReleased;
  if (all.huge * 2 > all.present) return most->second == MapCell::kFree ? MapCell::kHugeFree : MapCell::kHugeLive;
  return most->second;
}

}  // namespace

HeapMap DrawHeapMap(const HeapPages& heap, size_t max_cells) {
  HeapMap map;
  const SpanTable& table = heap.table();
  if (table.spans.empty()) return map;
  const uint64_t first = table.AddressOf(table.spans.front());
  const uint64_t end = table.AddressOf(table.spans.back()) + table.BytesOf(table.spans.back());
  map.bytes_per_cell = table.page_size;
  while ((end - first / map.bytes_per_cell * map.bytes_per_cell + map.bytes_per_cell - 1) / map.bytes_per_cell >
         max_cells) {
    map.bytes_per_cell *= 2;
  }
  map.base = first / map.bytes_per_cell * map.bytes_per_cell;
  std::vector<HeapAmounts> amounts((end - map.base + map.bytes_per_cell - 1) / map.bytes_per_cell);
  for (const SpanRecord& span : table.spans) {
    const uint64_t start = table.AddressOf(span);
    const uint64_t stop = start + table.BytesOf(span);
    for (uint64_t cell = (start - map.base) / map.bytes_per_cell; map.base + cell * map.bytes_per_cell < stop; ++cell) {
      const uint64_t at = map.base + cell * map.bytes_per_cell;
      amounts[cell] += heap.In(span, at, at + map.bytes_per_cell);
    }
  }
  for (const HeapAmounts& one : amounts) map.cells.push_back(KindOf(one));
  return map;
}

}  // namespace glassheap::tools
