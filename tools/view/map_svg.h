// An address space as the textbook's picture, to paste into a ticket: low addresses at the bottom, a block's height by
// its size (on a logarithmic scale), the part that is resident filled.

#ifndef GLASSHEAP_TOOLS_VIEW_MAP_SVG_H_
#define GLASSHEAP_TOOLS_VIEW_MAP_SVG_H_

#include <string>

#include "tools/model/address_space.h"

namespace glassheap::tools {

std::string MapSvg(const AddressSpace& space);

}  // namespace glassheap::tools

#endif  // GLASSHEAP_TOOLS_VIEW_MAP_SVG_H_
