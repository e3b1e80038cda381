// An address space for people: the book's picture as a table, from low to high, and the sums by kind.

#ifndef GLASSHEAP_TOOLS_VIEW_MAP_TEXT_H_
#define GLASSHEAP_TOOLS_VIEW_MAP_TEXT_H_

#include <string>
#include <vector>

#include "tools/model/address_space.h"
#include "tools/read/page_frames.h"

namespace glassheap::tools {

struct MapTextOptions {
  bool every_mapping = false;  // instead of one line for what belongs together
};

std::string MapText(const AddressSpace& space, const MapTextOptions& options);

// Page by page: where it is, and what the kernel says of its frame.
std::string PagesText(const AddressSpace& space, const std::vector<PageState>& pages);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_MAP_TEXT_H_
