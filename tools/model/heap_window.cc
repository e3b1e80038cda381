// Tested by tests/tools/model/resident_test.cc.

#include "tools/model/heap_window.h"

namespace glassheap::tools {

std::optional<HeapWindow> FindHeapWindow(const RegionImage& image) {
  const abi::RegionHeader& header = image.header();
  if (header.heap_base == 0 || header.heap_window > UINT64_MAX - header.heap_base) return std::nullopt;
  HeapWindow window = {header.heap_base, header.heap_base, header.heap_base + header.heap_window};
  const RegionSection* layout = image.Section(abi::SectionKind::kLayout);
  if (layout == nullptr || layout->row_count == 0) return window;
  const RegionCounter* counter = layout->Find("metadata_base");
  if (counter == nullptr) return window;
  const uint64_t base = image.Value(*layout, 0, *counter);
  if (base != 0 && base < header.heap_base) window.metadata_base = base;
  return window;
}

}  // namespace glassheap::tools
