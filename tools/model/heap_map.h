// The heap's address space as a map: a cell per page or group of pages, by what most of its memory is. Pure.

#ifndef GLASSHEAP_TOOLS_MODEL_HEAP_MAP_H_
#define GLASSHEAP_TOOLS_MODEL_HEAP_MAP_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/model/heap_pages.h"

namespace glassheap::tools {

enum class MapCell : uint8_t { kLive, kCached, kFree, kHugeLive, kHugeFree, kMetadata, kReleased, kSwapped, kNothing };

// The one list of them, in the order of MapCell. Every view walks it.
struct MapCellKind {
  MapCell cell;
  char letter;
  const char* label;
  const char* color;  // as SVG has it; nullptr: not drawn
};

inline constexpr MapCellKind kMapCells[] = {
    {MapCell::kLive, '#', "live", "#0072b2"},
    {MapCell::kCached, 'c', "cached", "#56b4e9"},
    {MapCell::kFree, '-', "free, in RAM", "#e69f00"},
    {MapCell::kHugeLive, 'H', "huge page, live", "#009e73"},
    {MapCell::kHugeFree, 'h', "huge page, free", "#d55e00"},
    {MapCell::kMetadata, 'm', "metadata", "#cc79a7"},
    {MapCell::kReleased, '.', "no memory behind it", "#e4e4e4"},
    {MapCell::kSwapped, 's', "swapped out", "#8c8c8c"},
    {MapCell::kNothing, ' ', "not the heap's", nullptr},
};

struct HeapMap {
  uint64_t base = 0;            // address of the first cell
  uint64_t bytes_per_cell = 0;  // a power of two, at least a page of the heap
  std::vector<MapCell> cells;
};

// At most max_cells cells, so each is as small as that allows; empty for a heap without spans. REQUIRES: max_cells > 0.
HeapMap DrawHeapMap(const HeapPages& heap, size_t max_cells);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_HEAP_MAP_H_
