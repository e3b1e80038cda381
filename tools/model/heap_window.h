// Where a process says its heap lies: a window of address space, with metadata below the heap's base. A claim.

#ifndef GLASSHEAP_TOOLS_MODEL_HEAP_WINDOW_H_
#define GLASSHEAP_TOOLS_MODEL_HEAP_WINDOW_H_

#include <cstdint>
#include <optional>

#include "tools/model/address_space.h"
#include "tools/read/region_image.h"

namespace glassheap::tools {

struct HeapWindow {
  uint64_t metadata_base = 0;  // heap_base where the region does not say
  uint64_t heap_base = 0;
  uint64_t heap_end = 0;

  AddressRange whole() const { return {metadata_base, heap_end}; }
  AddressRange metadata() const { return {metadata_base, heap_base}; }
  AddressRange heap() const { return {heap_base, heap_end}; }
};

// Nothing when what it says is not a range of addresses.
std::optional<HeapWindow> FindHeapWindow(const RegionImage& image);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_MODEL_HEAP_WINDOW_H_
